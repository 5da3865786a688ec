/** Options of `lr-range`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { datasetOptions, trainDataOptions } from "../../data/options.node.ts";
import { checkLearning, learningOptions } from "../../method/learningOptions.ts";
import { amounts, classificationLossOptions, lossOptions, promptOptions } from "../../method/options.ts";
import { runGroup as run } from "../../platform/options/common.ts";
import { type CommandSchema, integer, optionGroup, real, text } from "../../platform/options/option.ts";
import { runFolderOptions, sharedTrainingOptions } from "../options.ts";

const range = optionGroup("Range");

const rangeOptions = {
  minLr: range(real(0, { open: true }).default(1e-5), {
    value: "X",
    role: "result",
    help: "learning rate of the first step",
    source: "our choice",
  }),
  maxLr: range(real(0, { open: true }).default(10), {
    value: "X",
    role: "result",
    help: "learning rate of the last step",
    source: "our choice",
  }),
  steps: range(integer(10).default(100), {
    value: "N",
    role: "result",
    help: "steps between them; the test ends earlier when the loss diverges",
    source: "docs/method.md, Training options",
  }),
};

const { validLimit: _validLimit, paperProtocol: _paperProtocol, ...trainingData } = trainDataOptions;
const { batchSize, optimiser, momentum, weightDecay, adamBeta2, clipNorm, mixup } = learningOptions;
const { featureCache, init } = runFolderOptions;

const lrRangeOptions = z.strictObject({
  ...datasetOptions,
  ...trainingData,
  ...promptOptions,
  ...lossOptions,
  ...classificationLossOptions,
  ...{ batchSize, optimiser, momentum, weightDecay, adamBeta2, clipNorm, mixup },
  ...rangeOptions,
  out: run(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder for lr-range.json, lr-range.csv and lr-range.html",
    source: "our choice",
    defaultText: "runs/lr-range-DATASET-VARIANT-SEED",
  }),
  ...{ featureCache, init, microBatch: sharedTrainingOptions.microBatch },
  ...runOptions,
});

const lrRangeConfig = lrRangeOptions.transform((given, context) => {
  const { dataset, variant, seed, minLr, maxLr } = given;
  checkLearning(given, context);
  if (minLr >= maxLr) {
    context.addIssue({ code: "custom", path: ["minLr"], message: "must be below --max-lr", input: minLr });
  }
  return {
    ...given,
    ...amounts(given, context),
    out: given.out ?? `runs/lr-range-${dataset}-${variant}-${seed}`,
  };
});

/** Parsed options of `lr-range`, with defaults. */
export type LrRangeConfig = Readonly<z.output<typeof lrRangeConfig>>;
/** Options of `lr-range`; `config.parse({…})` checks them and fills in the defaults. */
export const lrRangeSchema = { options: lrRangeOptions, config: lrRangeConfig } satisfies CommandSchema<LrRangeConfig>;
