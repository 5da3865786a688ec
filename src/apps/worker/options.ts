import { z } from "zod";
import { answerOptions } from "../../platform/options/common.ts";
import type { CommandSchema } from "../../platform/options/option.ts";
import { workerOptions } from "../../runs/options.ts";

export const workerCommandOptions = z.strictObject({ ...workerOptions, ...answerOptions });
export type WorkerConfig = Readonly<z.output<typeof workerCommandOptions>>;
export const workerSchema = {
  options: workerCommandOptions,
  config: workerCommandOptions,
} satisfies CommandSchema<WorkerConfig>;
