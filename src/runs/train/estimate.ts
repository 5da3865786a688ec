/** What a training will take, before it starts: amounts, seconds from a few timed steps, memory, disk. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Images } from "../../data/batches.ts";
import { prototypeSubset } from "../../data/order.ts";
import { elements } from "../../graph/tensor.ts";
import { readResume } from "../../method/checkpoint.node.ts";
import { cacheFile } from "../../method/featureCache.node.ts";
import { initialState } from "../../method/fit.ts";
import { optimiserOf } from "../../method/learning.ts";
import { type TrainingMemory, trainingMemory } from "../../method/memoryPlan.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { initialPrompts } from "../../method/prompts.ts";
import { prepareTraining, type TrainingSetup } from "../../method/setup.ts";
import { type RunContext, silent } from "../../platform/context.ts";
import { maxStepRecords } from "../callbacks/callbacks.ts";
import {
  type Amounts,
  type Done,
  type ExpectedSeconds,
  expectedSeconds,
  featureBytes,
  type Left,
  left,
  nothingDone,
  type Rates,
  runBytes,
} from "../expectation.ts";
import type { TrainConfig } from "../options.ts";
import { runFiles } from "../runFolder.ts";
import { measureRates, standInFeatures } from "./measure.ts";
import { openData, type RunData } from "./trainingData.ts";

/** What a training will take. */
export interface TrainingEstimate extends Amounts {
  /** steps that a run to resume has done */
  readonly stepsDone: number;
  readonly left: Left;
  /** measured rates; absent if nothing was timed */
  readonly rates?: Rates;
  /** expected seconds of what is left; absent if nothing was timed */
  readonly seconds?: ExpectedSeconds;
  readonly memory: TrainingMemory & { readonly limit: number };
  /** bytes of the run folder, and of features that are kept */
  readonly diskBytes: number;
  readonly provider: string;
}

/** Receives the estimate of a training before it starts. */
export type EstimateListener = (estimate: TrainingEstimate) => Promise<void> | void;

/** Estimates a training without starting it; nothing is written. Throws the errors of opening its inputs, MEMORY and INTERRUPTED. */
export async function estimateTraining(config: TrainConfig, context: RunContext): Promise<TrainingEstimate> {
  const data = await openData(config, context);
  const found = await openEstimate(config, data, await prepareEstimate(config, data));
  return found.timed(await found.measure(context));
}

/** Estimates a training that is about to start. A training of few steps is not timed, because its first steps tell soon. */
export async function estimateBeforeRun(
  config: TrainConfig,
  data: RunData,
  context: RunContext,
): Promise<TrainingEstimate> {
  const found = await openEstimate(config, data, await prepareEstimate(config, data));
  return found.timed(found.left.steps < minStepsToTime ? undefined : await found.measure(context));
}

/** Steps left from which timing a few of them first, two to four, is a small part. */
export const minStepsToTime = 100;

/** A training whose amounts are known and whose rates can be measured. */
export interface OpenEstimate {
  readonly left: Left;
  /** passes over images that compute features before the first step */
  readonly features: readonly FeatureWork[];
  /** Times a few steps on throw-away state. */
  measure(context: RunContext): Promise<Rates | undefined>;
  /** The estimate with rates, which may come from another training with the same steps. */
  timed(rates: Rates | undefined): TrainingEstimate;
}

/** Graphs and memory of a training, which its seed does not change. */
export interface PreparedEstimate {
  readonly setup: TrainingSetup;
  readonly memory: TrainingMemory;
}

/** Prepares the estimate of a training. Throws CONFIG for missing descriptions, MEMORY. */
export async function prepareEstimate(config: TrainConfig, data: RunData): Promise<PreparedEstimate> {
  const setup = await setupWithoutFeatures(config, data);
  return { setup, memory: memoryOf(config, data, setup, config.microBatch) };
}

/**
 * Opens the estimate of a training from its progress so far; features in the files `computed` are those that another run of the same
 * plan computes first. Throws CHECKPOINT for a resume file that is none, MEMORY.
 */
export async function openEstimate(
  config: TrainConfig,
  data: RunData,
  { setup, memory: planned }: PreparedEstimate,
  computed: ReadonlySet<string> = new Set(),
): Promise<OpenEstimate> {
  const { train, valid } = data;
  const images = train.split.samples.length;
  const batchSize = Math.min(config.batchSize, images);
  const steps = Math.min(config.epochs * Math.ceil(images / batchSize), config.maxSteps ?? Infinity);
  const features = featureWork(config, data, setup).filter(({ file }) => file === undefined || !computed.has(file));
  const [featureImages, validImages] = [imagesOf(features), valid.split.samples.length];
  const amounts: Amounts = { images, epochs: config.epochs, batchSize, steps, validImages, featureImages };
  const { done, microBatch = config.microBatch } = await resumed(config, setup);
  const rest = left(amounts, done);
  const isPlanned = microBatch === undefined || microBatch === planned.microBatch;
  const memory = { ...(isPlanned ? planned : memoryOf(config, data, setup, microBatch)), limit: config.memory };
  const kept = imagesOf(features.filter(({ file }) => file !== undefined));
  const timed = (rates: Rates | undefined): TrainingEstimate => ({
    ...amounts,
    ...{ stepsDone: done.step, left: rest },
    ...(rates && { rates, seconds: expectedSeconds(amounts, rest, rates, setup.features === undefined) }),
    ...{ memory, diskBytes: diskBytes(data, setup, amounts, kept), provider: config.provider },
  });
  const measure = (context: RunContext) => measureRates({ config, data, setup, batchSize, microBatch }, context);
  return { left: rest, features, timed, measure };
}

function memoryOf(
  config: TrainConfig,
  { backbone, train }: RunData,
  { spec }: TrainingSetup,
  microBatch: number | undefined,
): TrainingMemory {
  const { threads, provider, memory } = config;
  const batchSize = Math.min(config.batchSize, train.split.samples.length);
  return trainingMemory(backbone, spec, { threads, provider, memory, batchSize, microBatch, ...poolOf(config) });
}

/** In a distributed training, each process computes one micro-batch at a time. */
const poolOf = ({ redis }: TrainConfig) => (redis === undefined ? {} : { poolSize: 1 });

/** The setup of a training with stand-ins for the features of images, which decide neither its graphs nor its time. */
async function setupWithoutFeatures(config: TrainConfig, data: RunData): Promise<TrainingSetup> {
  const { threads, provider } = config;
  const { jointWidth } = data.backbone.clip.config;
  const featureCache = async (images: Images) =>
    standInFeatures(images === data.train ? data.train : data.valid, jointWidth);
  const descriptions = await readDescriptions(config.descriptions);
  return prepareTraining(config, {
    ...{ ...data, descriptions, runtime: { threads, provider }, progress: silent, featureCache },
  });
}

/** A pass over images that computes their frozen features. */
export interface FeatureWork {
  readonly images: number;
  /** file that keeps them; absent if the features are not kept */
  readonly file?: string;
}

const imagesOf = (work: readonly FeatureWork[]): number => work.reduce((sum, { images }) => sum + images, 0);

/** Passes over images that compute frozen features before the first step; those that are cached are left out. */
function featureWork(config: TrainConfig, { backbone, train, valid }: RunData, setup: TrainingSetup): FeatureWork[] {
  const { featureCache: folder, gamma, seed, shuffle, prototypeImages: n } = config;
  const sources = setup.features !== undefined ? [train, valid] : gamma > 0 ? [train] : [];
  if (folder === undefined) {
    const { samples, classes } = train.split;
    if (setup.features === undefined && gamma > 0) {
      return [{ images: prototypeSubset({ samples, classes, n, seed, shuffle }).length }];
    }
    return sources.map(({ split }) => ({ images: split.samples.length }));
  }
  return sources
    .map((source) => ({ images: source.split.samples.length, file: cacheFile(folder, backbone, source, config) }))
    .filter(({ file }) => !existsSync(file));
}

/** Progress of the run that this one resumes. */
async function resumed(
  config: TrainConfig,
  { spec }: TrainingSetup,
): Promise<{ readonly done: Done; readonly microBatch?: number }> {
  const { out, resume, seed } = config;
  const file = join(out, runFiles.resume);
  if (!resume || !existsSync(file)) return { done: nothingDone };
  // Whether it is the same run is checked when it resumes.
  const initial = initialState(initialPrompts(spec.shapes, seed), optimiserOf(config));
  const { state, microBatch } = await readResume(file, initial, async () => undefined);
  return { done: state, microBatch };
}

function diskBytes({ backbone }: RunData, setup: TrainingSetup, amounts: Amounts, keptFeatures: number): number {
  const { shapes, classes } = setup.spec;
  const width = backbone.clip.config.jointWidth;
  const parameters = Object.values(shapes).reduce((sum, shape) => sum + elements(shape), 0);
  const { steps, epochs, validImages } = amounts;
  const records = { steps: Math.min(steps, maxStepRecords), epochs };
  const hasPrototypes = setup.prototypes !== undefined;
  const sizes = { parameters, classes, width, hasPrototypes, records, validImages };
  return runBytes(sizes) + featureBytes(keptFeatures, width);
}
