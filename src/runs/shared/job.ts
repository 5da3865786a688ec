/** Jobs of the queue, and the validation of their data. */
import type { z } from "zod";
import { MpaError } from "../../platform/errors.ts";

/** Job for a worker. */
export interface Job {
  readonly name: string;
  /** hash of everything that determines the result; jobs with the same id run once */
  readonly id: string;
  readonly data: unknown;
}

/** Parses a job's data. Throws CONFIG, which is not retried, if it does not match the schema. */
export function jobData<T>(schema: z.ZodType<T>, data: unknown): T {
  const read = schema.safeParse(data);
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  throw new MpaError("CONFIG", `a job of another version (${path.join(".")}: ${message})`, {
    fix: "update both sides",
  });
}
