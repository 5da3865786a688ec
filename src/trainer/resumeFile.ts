/** What a run needs to go on bit for bit: prompts, momentum, and how far it has come. Separate from the checkpoint. */
import { z } from "zod";
import { MpaError } from "../errors.ts";
import { parseJson } from "../files.ts";
import type { Prompts } from "../model/prompts.ts";
import { writeSafetensors } from "../model/safetensors.ts";
import { readTensorFile } from "../model/tensorFile.ts";
import { requireTensor } from "./checkpoint.ts";
import type { FitState, Progress } from "./fit.ts";

const format = "mpa-fer-resume/1";

const count = z.number().int().nonnegative();
const microBatchSchema = z.number().int().positive().max(1_000_000);
const progressSchema: z.ZodType<Progress> = z.object({
  step: count,
  epoch: count,
  batch: count,
  images: count,
  sums: z.record(z.string(), z.number()),
  best: z.object({ epoch: count, accuracy: z.number(), uar: z.number() }).optional(),
});

export interface ResumeKey {
  /** names everything that the remaining steps depend on */
  readonly fingerprint: string;
  /** decides the order of sums, so the bits */
  readonly microBatch: number;
}

export function encodeResume(
  { prompts, momentum, ...progress }: FitState,
  { fingerprint, microBatch }: ResumeKey,
): Uint8Array {
  const tensors = new Map(Object.entries(prompts));
  for (const [name, values] of Object.entries(momentum)) tensors.set(momentumName(name), values);
  return writeSafetensors(tensors, {
    format,
    fingerprint,
    microBatch: String(microBatch),
    progress: JSON.stringify(progress),
  });
}

/** Throws CHECKPOINT if the file is not one, or belongs to a run with other settings. */
export async function readResume(
  path: string,
  like: Prompts,
  fingerprint: string,
): Promise<{ readonly state: FitState; readonly microBatch: number }> {
  const { tensors, metadata } = await readTensorFile(path);
  const progress = progressSchema.safeParse(parseJson(metadata.progress ?? "null", path, "CHECKPOINT"));
  const microBatch = microBatchSchema.safeParse(Number(metadata.microBatch));
  if (metadata.format !== format || !progress.success || !microBatch.success) {
    throw new MpaError("CHECKPOINT", "not a resume file", path, "choose another --out and leave --resume out");
  }
  if (metadata.fingerprint !== fingerprint) {
    const what = "the run was started with other settings, data or backbone";
    throw new MpaError("CHECKPOINT", what, path, "repeat its options, or choose another --out");
  }
  const take = (name: string, { shape }: { readonly shape: readonly number[] }) =>
    requireTensor(tensors, name, shape, path);
  const state = {
    ...progress.data,
    prompts: mapEntries(like, (name, values) => take(name, values)),
    momentum: mapEntries(like, (name, values) => take(momentumName(name), values)),
  };
  return { state, microBatch: microBatch.data };
}

const momentumName = (name: string): string => `momentum.${name}`;

const mapEntries = <T, U>(record: Readonly<Record<string, T>>, to: (name: string, value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(name, value)]));
