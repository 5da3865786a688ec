/** What `train` takes, and what it comes to once defaults that depend on others are in. */
import { z } from "zod";
import { samplers } from "../data/samplers.ts";
import { datasets } from "../data/sources.ts";
import { datasetOptions, trainDataOptions } from "./dataOptions.ts";
import { learningOptions } from "./learningOptions.ts";
import { amounts, lossOptions, promptOptions } from "./methodOptions.ts";
import type { CommandSchema } from "./option.ts";
import { runFolderOptions } from "./runFolderOptions.ts";
import { runOptions } from "./runOptions.ts";
import { sharedTrainingOptions } from "./scaleOptions.ts";

const trainOptions = z.strictObject({
  ...datasetOptions,
  ...trainDataOptions,
  ...promptOptions,
  ...lossOptions,
  ...learningOptions,
  ...runFolderOptions,
  ...sharedTrainingOptions,
  ...runOptions,
});

/** The paper's epochs (section 4) and the sampler of docs/datasets.md, where they were left open. */
const trainConfig = trainOptions.transform((given, context) => {
  const { variant, dataset, seed, shuffle } = given;
  const { epochs = 120, sampler = "uniform" } = datasets.find(dataset)?.defaults ?? {};
  if (given.sampler !== undefined && samplers.find(given.sampler)?.isRandom && !shuffle) {
    const message = "must be uniform with --no-shuffle";
    context.addIssue({ code: "custom", path: ["sampler"], message, input: given.sampler });
  }
  return {
    ...given,
    ...amounts(given, context),
    epochs: given.epochs ?? epochs,
    sampler: given.sampler ?? (shuffle ? sampler : "uniform"),
    out: given.out ?? `runs/${dataset}-${variant}-${seed}`,
  };
});

/** What `train` was told, defaults filled in. */
export type TrainConfig = Readonly<z.output<typeof trainConfig>>;
/** Options of `train`; `config.parse({…})` checks them and fills in the defaults. */
export const trainSchema: CommandSchema<TrainConfig> = { options: trainOptions, config: trainConfig };
