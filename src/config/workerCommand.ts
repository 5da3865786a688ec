import { z } from "zod";
import type { CommandSchema } from "./commandOptions.ts";
import { answerOptions } from "./runOptions.ts";
import { workerOptions } from "./scaleOptions.ts";

export const workerCommandOptions = z.strictObject({ ...workerOptions, ...answerOptions });
export type WorkerConfig = Readonly<z.output<typeof workerCommandOptions>>;
export const workerSchema: CommandSchema<WorkerConfig> = {
  options: workerCommandOptions,
  config: workerCommandOptions,
};
