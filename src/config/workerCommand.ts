import { z } from "zod";
import { answerOptions } from "./answerOptions.ts";
import type { CommandSchema } from "./option.ts";
import { workerOptions } from "./scaleOptions.ts";

export const workerCommandOptions = z.strictObject({ ...workerOptions, ...answerOptions });
export type WorkerConfig = Readonly<z.output<typeof workerCommandOptions>>;
export const workerSchema: CommandSchema<WorkerConfig> = {
  options: workerCommandOptions,
  config: workerCommandOptions,
};
