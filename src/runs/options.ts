/** Options of `train`, and option groups shared by commands that run or distribute training. */

import { z } from "zod";
import { runOptions } from "../clip/options.node.ts";
import { datasets } from "../data/datasets.node.ts";
import { datasetOptions, trainDataOptions } from "../data/options.node.ts";
import { samplers } from "../data/samplers.ts";
import { checkLearning, learningOptions } from "../method/learningOptions.ts";
import { amounts, classificationLossOptions, lossOptions, promptOptions } from "../method/options.ts";
import { commandText } from "../platform/command.ts";
import { runGroup as run } from "../platform/options/common.ts";
import { type CommandSchema, flag, integer, optionGroup, text, webAddress } from "../platform/options/option.ts";

const folder = text("a folder");
const file = text("a file");

/** Options of reports. */
export const reportOptions = {
  reportFaces: run(flag().default(true), {
    role: "display",
    help: "leave the faces of the worst mistakes out of the report; no other file holds pictures",
    source: "our choice",
  }),
};

/** Option that stops before the work. Not of the library, whose functions return results. */
export const estimateOptions = {
  estimate: run(flag().optional(), {
    role: "display",
    perCall: true,
    help: "time a few steps, tell what all will take (time, memory, disk), and stop there",
  }),
};

/** Options of a training's inputs and outputs: run folder, checkpoints, caches and loggers. */
export const runFolderOptions = {
  out: run(folder.optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "run folder",
    source: "our choice",
    defaultText: "runs/DATASET-VARIANT-SEED",
  }),
  resume: run(flag().default(false), {
    role: "place",
    perCall: true,
    help: "go on from the run folder's last checkpoint, bit for bit",
  }),
  replay: run(file.optional(), {
    value: "FILE",
    role: "place",
    perCall: true,
    help: "do the run of a run.json again, with its options, and hold the result's bits against its own",
  }),
  featureCache: run(folder.optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "keep the frozen features of images here, for other runs on the same images",
  }),
  tensorboard: run(flag().default(false), {
    role: "display",
    help: "also write the curves as an event file of TensorBoard",
  }),
  mlflow: run(webAddress().optional(), {
    value: "URL",
    role: "place",
    perCall: true,
    help: "also log the run to this tracking server of MLflow; a server that fails costs a warning, not the run",
  }),
  mlflowExperiment: run(text("a name").default("mpa-fer"), {
    value: "NAME",
    role: "place",
    perCall: true,
    help: "experiment there; it is made where there is none",
    source: "our choice",
  }),
  init: run(file.optional(), {
    value: "FILE",
    role: "place",
    help: "checkpoint whose prompts the training starts from",
  }),
  ...reportOptions,
  checkpointEvery: run(integer(1).default(1), {
    value: "N",
    role: "machine",
    help: "epochs between checkpoints",
    source: "our choice",
  }),
};

const scale = optionGroup("Several machines");

const redis = text("an address").refine((url) => /^rediss?:\/\/./.test(url), {
  error: "must be an address such as redis://127.0.0.1:6379",
});

/** Option that shares work over Redis. */
export const redisOptions = {
  redis: scale(redis.optional(), {
    value: "URL",
    role: "place",
    perCall: true,
    help: `share the work with every ${commandText("worker")} on this Redis; the result has the same bits`,
  }),
};

/** Options of distributed training. */
export const sharedTrainingOptions = {
  microBatch: scale(integer(1).optional(), {
    value: "N",
    role: "machine",
    help: "images a part of a batch; parts are what workers share, and their order decides the bits",
    defaultText: "what memory allows and caches hold",
  }),
  ...redisOptions,
  helpers: scale(integer(0).optional(), {
    value: "N",
    role: "machine",
    perCall: true,
    help: "with --redis: workers to ask for beside this process",
    source: "our choice",
    defaultText: "one less than a batch has parts",
  }),
};

/** Options of work split into queued jobs. */
export const sharedJobOptions = {
  ...redisOptions,
  results: scale(text("a folder or a bucket").optional(), {
    value: "DIR|s3://…",
    role: "place",
    perCall: true,
    help: "with --redis: where workers leave what they made; keys for a bucket as AWS's own tools take them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …)",
    defaultText: "ablate: its --out, which all machines then have to see",
  }),
};

/** Options of `worker`: its queue, the paths of inputs on its machine, and its lifetime. */
export const workerOptions = {
  redis: scale(redis, { value: "URL", role: "place", perCall: true, help: "the Redis that hands out the work" }),
  data: scale(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    help: "where the data set lies on this machine",
    defaultText: "where it lies on the machine that asks",
  }),
  backbone: scale(text("a folder or a name").optional(), {
    value: "DIR|NAME",
    role: "place",
    help: "where the frozen CLIP lies on this machine; its hash has to be the same",
    defaultText: "as on the machine that asks",
  }),
  threads: scale(integer(1).optional(), {
    value: "N",
    role: "machine",
    help: "threads for tensors",
    defaultText: "as on the machine that asks, for the same bits",
  }),
  idle: scale(z.union([z.literal("forever"), integer(1)], { error: "must be seconds or forever" }).default("forever"), {
    value: "S|forever",
    role: "machine",
    perCall: true,
    help: "end after so many seconds without work",
    source: "our choice",
  }),
};

const trainOptions = z.strictObject({
  ...datasetOptions,
  ...trainDataOptions,
  ...promptOptions,
  ...lossOptions,
  ...classificationLossOptions,
  ...learningOptions,
  ...runFolderOptions,
  ...sharedTrainingOptions,
  ...estimateOptions,
  ...runOptions,
});

/** Fills in defaults that depend on other options: the data set's epochs (paper, section 4) and sampler (docs/datasets.md). */
const trainConfig = trainOptions.transform((given, context) => {
  const { variant, dataset, seed, shuffle } = given;
  const { epochs = 120, sampler = "uniform" } = datasets.find(dataset)?.defaults ?? {};
  if (given.sampler !== undefined && samplers.find(given.sampler)?.isRandom && !shuffle) {
    const message = "must be uniform with --no-shuffle";
    context.addIssue({ code: "custom", path: ["sampler"], message, input: given.sampler });
  }
  checkLearning(given, context);
  return {
    ...given,
    ...amounts(given, context),
    epochs: given.epochs ?? epochs,
    sampler: given.sampler ?? (shuffle ? sampler : "uniform"),
    out: given.out ?? `runs/${dataset}-${variant}-${seed}`,
  };
});

/** Parsed options of `train`, with defaults. */
export type TrainConfig = Readonly<z.output<typeof trainConfig>>;
/** Options of `train`; `config.parse({…})` checks them and fills in the defaults. */
export const trainSchema = { options: trainOptions, config: trainConfig } satisfies CommandSchema<TrainConfig>;
