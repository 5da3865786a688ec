/** What `ablate` takes. */
import { z } from "zod";
import { ablationOptions } from "./ablationOptions.ts";
import { datasetOptions, trainDataOptions } from "./dataOptions.ts";
import { learningOptions } from "./learningOptions.ts";
import { lossOptions, promptOptions } from "./methodOptions.ts";
import type { CommandSchema } from "./option.ts";
import { runFolderOptions } from "./runFolderOptions.ts";
import { runOptions } from "./runOptions.ts";
import { sharedJobOptions, sharedTrainingOptions } from "./scaleOptions.ts";

const { variant: _variant, visualPrompts: _visualPrompts, ...sharedPromptOptions } = promptOptions;
const { seed: _seed, ...sharedRunOptions } = runOptions;
const { prototypeLoss, tau } = lossOptions;
const { out, checkpointEvery, reportFaces, tensorboard, mlflow, mlflowExperiment } = runFolderOptions;

/** What all cells of a table share; what differs between its rows is not to be set. */
const ablateOptions = z.strictObject({
  ...ablationOptions,
  ...datasetOptions,
  ...trainDataOptions,
  ...sharedPromptOptions,
  ...{ prototypeLoss, tau },
  ...learningOptions,
  ...{ out, checkpointEvery, reportFaces, tensorboard, mlflow, mlflowExperiment },
  ...{ microBatch: sharedTrainingOptions.microBatch },
  ...sharedJobOptions,
  ...sharedRunOptions,
});

const ablateConfig = ablateOptions.transform((given) => ({
  ...given,
  // The images that an epoch was chosen on are what the paper's protocol scores.
  split: given.paperProtocol ? "test" : given.split,
  out: given.out ?? `runs/ablate-${given.table[0]}-${given.dataset}`,
}));

/** What `ablate` was told, defaults filled in. */
export type AblateConfig = Readonly<z.output<typeof ablateConfig>>;
/** Options of `ablate`; `config.parse({…})` checks them and fills in the defaults. */
export const ablateSchema: CommandSchema<AblateConfig> = { options: ablateOptions, config: ablateConfig };
