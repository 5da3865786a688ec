/** `bench`: images a second of training and prediction on this machine (CONTRACT.md, Answers). */
import type { BenchConfig } from "../config.ts";
import { ferClasses } from "../data/classes.ts";
import type { Backbone } from "../model/backbone.ts";
import { openBackbone } from "../model/openBackbone.ts";
import { initialPrompts, promptShapes, type Values } from "../model/prompts.ts";
import { formulaValues } from "../model/randomClip.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { runStep, type TrainingBatch } from "../trainer/step.ts";
import type { TrainingSpec } from "../trainer/trainingGraph.ts";
import { encodeHardPrompts, openClassifier, openSoftPromptEncoder } from "./classifier.ts";
import { readDescriptions } from "./descriptionsFile.ts";
import { prepareHardPrompts, prepareSoftPrompts } from "./texts.ts";
import { openTrainingSession } from "./trainingSetup.ts";

export interface BenchResult {
  readonly train_images_per_s: number;
  readonly predict_images_per_s: number;
  readonly precision: string;
  readonly provider: string;
  readonly threads: number;
  readonly batch: number;
  readonly backbone: string;
  /** peak resident memory of this process */
  readonly rss_mb: number;
  /** milliseconds of each timed step, whose median the rates come from */
  readonly train_step_ms: readonly number[];
  readonly predict_step_ms: readonly number[];
  readonly micro_batch: number;
  /** of the last step, so that other programs can be held against the same work */
  readonly losses: Readonly<Record<string, number>>;
}

/** Something that can be timed a step at a time, so that programs can take turns. */
export interface TimedWork {
  step(): Promise<Readonly<Record<string, number>>>;
  dispose(): Promise<void>;
}

export async function bench(config: BenchConfig, context: RunContext = {}): Promise<BenchResult> {
  const { progress = silent, signal } = context;
  const backbone = await openBackbone(config.backbone, context);
  const task = progress.start({ label: "bench", total: 2 * (config.steps + 1), unit: "steps" });
  let done = 0;
  const time = async (work: TimedWork) => {
    const times: number[] = [];
    let losses: Readonly<Record<string, number>> = {};
    for (let i = 0; i <= config.steps && !signal?.aborted; i++) {
      const start = performance.now();
      losses = await work.step();
      // The first step pays for memory that later ones find there.
      if (i > 0) times.push(performance.now() - start);
      task.update(++done);
    }
    await work.dispose();
    return { times, losses };
  };
  const training = await trainingWork(backbone, config);
  const trained = await time(training);
  const predicted = await time(await predictionWork(backbone, config));
  task.finish();
  return {
    train_images_per_s: rate(config.batchSize, trained.times),
    predict_images_per_s: rate(config.batchSize, predicted.times),
    precision: config.precision,
    provider: config.provider,
    threads: config.threads,
    batch: config.batchSize,
    backbone: config.backbone,
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    train_step_ms: trained.times,
    predict_step_ms: predicted.times,
    micro_batch: training.microBatch,
    losses: trained.losses,
  };
}

/** A training step of the configured variant on images that never change. */
export async function trainingWork(
  backbone: Backbone,
  config: BenchConfig,
): Promise<TimedWork & { readonly microBatch: number }> {
  const spec = await benchSpec(backbone, config);
  const training = await openTrainingSession(backbone, spec, config);
  const { sessions, stepOptions } = training;
  const prompts = initialPrompts(spec.shapes, config.seed);
  const batch = benchBatch(backbone, config.batchSize);
  return {
    microBatch: stepOptions.microBatch,
    step: async () => (await runStep(sessions, prompts, batch, stepOptions)).losses,
    dispose: () => training.dispose(),
  };
}

/** Prediction with constant prompts and θ, as `predict` runs it. */
export async function predictionWork(backbone: Backbone, config: BenchConfig): Promise<TimedWork> {
  const spec = await benchSpec(backbone, config);
  const prompts = initialPrompts(spec.shapes, config.seed);
  const encoder = await openSoftPromptEncoder(backbone, spec.soft, prompts["text.context"], config);
  const theta = await encoder.encode(prompts["text.context"]);
  await encoder.dispose();
  const options = { batch: config.batchSize, classes: spec.classes, localTopK: spec.localTopK };
  const constants = { theta, visionPrompts: prompts["vision.prompts"] };
  const classifier = await openClassifier(backbone, { ...options, constants }, config);
  const { images } = benchBatch(backbone, config.batchSize);
  return {
    step: async () => ({ probability: (await classifier.classify(images, config.batchSize))[0] }),
    dispose: () => classifier.dispose(),
  };
}

async function benchSpec(backbone: Backbone, config: BenchConfig): Promise<TrainingSpec> {
  const hard = prepareHardPrompts(backbone, ferClasses, config.hardPrompt, await readDescriptions(config.descriptions));
  const softTexts = config.softText === "hard-prompt" ? hard.texts : ferClasses;
  const { jointWidth } = backbone.clip.config;
  const prototypes: Values = {
    shape: [ferClasses.length, jointWidth],
    data: formulaValues("prototypes", ferClasses.length * jointWidth, 0, jointWidth ** -0.5),
  };
  return {
    soft: prepareSoftPrompts(backbone, softTexts, config.contextLength).tokens,
    shapes: promptShapes(backbone.clip.config, { ...config, classes: ferClasses.length }),
    classes: ferClasses.length,
    localTopK: config.topK,
    hard: config.beta > 0 ? await encodeHardPrompts(backbone, hard.tokens, config) : undefined,
    prototypes: config.gamma > 0 ? prototypes : undefined,
    source: "pixels",
    beta: config.beta,
    gamma: config.gamma,
    prototypeLoss: config.prototypeLoss,
    tau: config.tau ?? 1 / backbone.clip.scale,
  };
}

function benchBatch(backbone: Backbone, size: number): TrainingBatch {
  const { imageSize } = backbone.clip.config.vision;
  const classes = ferClasses.length;
  const labels = Array.from({ length: size }, (_, i) => i % classes);
  const target = new Float32Array(size * classes);
  for (const [i, label] of labels.entries()) target[i * classes + label] = 1;
  return { size, images: formulaValues("pixels", size * 3 * imageSize ** 2, 0, 1), target, labels };
}

function rate(images: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle - 0.5)] + sorted[Math.floor(middle)]) / 2;
  return (1000 * images) / median;
}
