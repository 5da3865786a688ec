/** Which options each command has, and what its configuration comes to once defaults that depend on others are in. */
import { z } from "zod";
import { samplers } from "../data/samplers.ts";
import { datasets } from "../data/sources.ts";
import { ablationOptions } from "./ablationOptions.ts";
import { completionOptions } from "./completionCommand.ts";
import { convertOptions } from "./convertCommand.ts";
import { checkpointOptions, datasetOptions, evaluateDataOptions, trainDataOptions } from "./dataOptions.ts";
import { describeOptions } from "./describeCommand.ts";
import { doctorOptions } from "./doctorCommand.ts";
import { explainOptions } from "./explainCommand.ts";
import { batchOptions, benchOptions, learningOptions, maxStepsOptions } from "./learningOptions.ts";
import { hardPromptOptions, lossOptions, promptOptions } from "./methodOptions.ts";
import { detectorOptions, photographOptions, predictionOutputOptions, predictorOptions } from "./photographOptions.ts";
import { pushOptions } from "./pushCommand.ts";
import { demoRunOptions, predictionBatchOptions, reportOptions, runFolderOptions, runOptions } from "./runOptions.ts";
import { sharedJobOptions, sharedTrainingOptions } from "./scaleOptions.ts";
import { exportOptions, prepareOptions, type recognizerOptions, serveConfig, serveOptions } from "./usingOptions.ts";
import { contradictions, type PartsRequest, resolveParts } from "./variants.ts";
import { workerCommandOptions } from "./workerCommand.ts";

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

const evaluateOptions = z.strictObject({
  ...datasetOptions,
  ...evaluateDataOptions,
  ...reportOptions,
  ...checkpointOptions,
  ...hardPromptOptions,
  ...predictionBatchOptions,
  ...runOptions,
});
const predictOptions = z.strictObject({
  ...photographOptions,
  ...predictionOutputOptions,
  ...detectorOptions,
  ...predictorOptions,
  ...hardPromptOptions,
  ...predictionBatchOptions,
  ...sharedJobOptions,
  ...runOptions,
});
const benchmarkOptions = z.strictObject({
  ...promptOptions,
  ...lossOptions,
  ...batchOptions,
  ...benchOptions,
  ...runOptions,
});
const demoOptions = z.strictObject({
  ...maxStepsOptions,
  ...batchOptions,
  ...demoRunOptions,
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
const ablateConfig = ablateOptions.transform((given) => ({
  ...given,
  // The images that an epoch was chosen on are what the paper's protocol scores.
  split: given.paperProtocol ? "test" : given.split,
  out: given.out ?? `runs/ablate-${given.table[0]}-${given.dataset}`,
}));
const benchConfig = benchmarkOptions.transform((given, context) => ({ ...given, ...amounts(given, context) }));

/** What a command takes, and the schema that checks it and gives its configuration. */
export interface CommandSchema<Config> {
  readonly options: z.ZodObject;
  readonly config: z.ZodType<Config>;
}

/** What `train` was told, defaults filled in. */
export type TrainConfig = Readonly<z.output<typeof trainConfig>>;
/** What `ablate` was told, defaults filled in. */
export type AblateConfig = Readonly<z.output<typeof ablateConfig>>;
/** What `evaluate` was told, defaults filled in. */
export type EvaluateConfig = Readonly<z.output<typeof evaluateOptions>>;
/** What `predict` was told, defaults filled in. */
export type PredictConfig = Readonly<z.output<typeof predictOptions>>;
export type RecognizerConfig = Readonly<z.output<typeof recognizerOptions>>;
/** What `serve` was told, defaults filled in. */
export type ServeConfig = Readonly<z.output<typeof serveConfig>>;
/** What `prepare` was told, defaults filled in. */
export type PrepareConfig = Readonly<z.output<typeof prepareOptions>>;
/** What `export` was told, defaults filled in. */
export type ExportConfig = Readonly<z.output<typeof exportOptions>>;
/** What `bench` was told, defaults filled in. */
export type BenchConfig = Readonly<z.output<typeof benchConfig>>;
export type DemoConfig = Readonly<z.output<typeof demoOptions>>;

/** Options of `train`; `config.parse({…})` checks them and fills in the defaults. */
export const trainSchema: CommandSchema<TrainConfig> = { options: trainOptions, config: trainConfig };
/** Options of `ablate`; `config.parse({…})` checks them and fills in the defaults. */
export const ablateSchema: CommandSchema<AblateConfig> = { options: ablateOptions, config: ablateConfig };
/** Options of `evaluate`; `config.parse({…})` checks them and fills in the defaults. */
export const evaluateSchema: CommandSchema<EvaluateConfig> = { options: evaluateOptions, config: evaluateOptions };
/** Options of `predict`; `config.parse({…})` checks them and fills in the defaults. */
export const predictSchema: CommandSchema<PredictConfig> = { options: predictOptions, config: predictOptions };
/** Options of `serve`; `config.parse({…})` checks them and fills in the defaults. */
export const serveSchema: CommandSchema<ServeConfig> = { options: serveOptions, config: serveConfig };
/** Options of `prepare`; `config.parse({…})` checks them and fills in the defaults. */
export const prepareSchema: CommandSchema<PrepareConfig> = { options: prepareOptions, config: prepareOptions };
/** Options of `export`; `config.parse({…})` checks them and fills in the defaults. */
export const exportSchema: CommandSchema<ExportConfig> = { options: exportOptions, config: exportOptions };
/** Options of `bench`; `config.parse({…})` checks them and fills in the defaults. */
export const benchSchema: CommandSchema<BenchConfig> = { options: benchmarkOptions, config: benchConfig };
export const demoSchema: CommandSchema<DemoConfig> = { options: demoOptions, config: demoOptions };

/** Options by command, to say where a misplaced one belongs. */
export const optionsByCommand: Readonly<Record<string, z.ZodObject>> = {
  train: trainOptions,
  evaluate: evaluateOptions,
  ablate: ablateOptions,
  predict: predictOptions,
  explain: explainOptions,
  serve: serveOptions,
  export: exportOptions,
  prepare: prepareOptions,
  push: pushOptions,
  bench: benchmarkOptions,
  describe: describeOptions,
  convert: convertOptions,
  doctor: doctorOptions,
  worker: workerCommandOptions,
  completion: completionOptions,
  demo: demoOptions,
};

function amounts(given: PartsRequest, context: z.core.$RefinementCtx) {
  for (const { option, message } of contradictions(given)) {
    context.addIssue({ code: "custom", path: [option], message, input: given[option] });
  }
  const { localTopK, ...parts } = resolveParts(given);
  return { ...parts, topK: localTopK };
}
