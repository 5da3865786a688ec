/** Timing of a few steps of a training on throw-away state, which leaves the training's own state and results unchanged. */
import type { Backbone } from "../../clip/backbone.ts";
import { BadImages, ImageSource } from "../../data/images.node.ts";
import type { Split } from "../../data/sample.ts";
import { openClassifier } from "../../method/classifier.ts";
import { thetaName } from "../../method/graphs.ts";
import { imageForm, imageInput } from "../../method/imageInput.ts";
import { localSteps } from "../../method/localSteps.ts";
import { initialPrompts, type Prompts } from "../../method/prompts.ts";
import type { FrozenFeatures } from "../../method/prototypes.ts";
import { scoreSplit } from "../../method/scoring.ts";
import type { TrainingSetup } from "../../method/setup.ts";
import type { TrainingBatch } from "../../method/step.ts";
import { openTrainingSession, type TrainingSession } from "../../method/trainingSession.ts";
import { type RunContext, silent } from "../../platform/context.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import type { Rates } from "../expectation.ts";
import type { TrainConfig } from "../options.ts";
import type { RunData } from "./trainingData.ts";

/** What is timed: a training with its texts; the values of prototypes and features do not matter. */
export interface Timed {
  readonly config: TrainConfig;
  readonly data: RunData;
  readonly setup: TrainingSetup;
  /** images per step */
  readonly batchSize: number;
  /** images per micro-batch, fixed by a run that is resumed */
  readonly microBatch?: number | undefined;
}

/**
 * Times steps and the scoring of images, each after one to warm up. Images are read by sources of their own. Undefined if no image is
 * readable. Throws MEMORY, RUNTIME, NUMERIC as training does, and INTERRUPTED.
 */
export async function measureRates(timed: Timed, context: RunContext): Promise<Rates | undefined> {
  const { config, data, setup, batchSize, microBatch } = timed;
  const { backbone } = data;
  const { threads, provider, memory, redis } = config;
  const progress = context.progress ?? silent;
  const task = progress.start({ label: "timing a few steps", total: maxTimedSteps + 1, unit: "steps" });
  const prompts = initialPrompts(setup.spec.shapes, config.seed);
  const options = { threads, provider, memory, batchSize, microBatch, ...(redis !== undefined && { poolSize: 1 }) };
  const training = await openTrainingSession(backbone, setup.spec, options);
  const steps = await timeSteps(training, timed, prompts, {
    onStep: (done) => task.update(done),
    signal: context.signal,
  }).finally(() => training.dispose());
  if (steps === undefined) return undefined;
  const imageSeconds = await timeImages(timed, prompts, steps.seconds);
  throwIfStopped(context.signal, "stopped while a few steps were timed");
  return { stepSeconds: steps.seconds, timedSteps: steps.count, imageSeconds };
}

/** Timed steps: at most so many, and no more once they have taken so many seconds. */
const maxTimedSteps = 3;
const enoughSeconds = 2;
/** Seconds that a single timed step or scoring should not exceed; slower models are timed on part of a batch. */
const mostSeconds = 6;

interface TimingOptions {
  readonly onStep: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Mean seconds of a step with reading its images, after one to warm up; undefined if no image is readable. */
async function timeSteps(
  training: TrainingSession,
  { config, data, setup, batchSize }: Timed,
  prompts: Prompts,
  { onStep, signal }: TimingOptions,
): Promise<{ readonly seconds: number; readonly count: number } | undefined> {
  const source = throwAway(data.backbone, data.train.split, config);
  const steps = localSteps(training, source, setup.features?.train, config);
  // As many images as the sessions run side by side, which a shorter batch has to be a multiple of to be as efficient.
  const least = smallestBatch(training);
  let size = Math.min(least, batchSize);
  let [count, seconds, images] = [-1, 0, 0];
  for (let epoch = 0; ; epoch++) {
    const before = count;
    let started = performance.now();
    for await (const whole of steps.batches(epoch, 0)) {
      throwIfStopped(signal, "stopped while a few steps were timed");
      if (whole === undefined) continue;
      const batch = firstImages(whole, size);
      await steps.step(prompts, batch);
      const took = (performance.now() - started) / 1000;
      started = performance.now();
      count++;
      onStep(count + 1);
      // The first step also allocates memory, and tells how many images can be timed.
      if (count === 0) size = timedImages(took / batch.size, least, batchSize);
      else [seconds, images] = [seconds + took, images + batch.size];
      if (count >= maxTimedSteps || seconds >= enoughSeconds) return { seconds: (seconds / images) * batchSize, count };
    }
    throwIfStopped(signal, "stopped while a few steps were timed");
    if (count === before) return undefined;
  }
}

const smallestBatch = ({ sessions, stepOptions: { microBatch } }: TrainingSession): number =>
  "whole" in sessions ? microBatch : microBatch * sessions.images.concurrency;

/** Images of a timed step: a whole batch, or as many multiples of `least` as take about `mostSeconds`, at least two. */
export function timedImages(secondsAnImage: number, least: number, batchSize: number): number {
  const multiples = Math.max(2, Math.floor(mostSeconds / (secondsAnImage * least)));
  return Math.min(batchSize, multiples * least);
}

function firstImages({ size, images, target, labels }: TrainingBatch, count: number): TrainingBatch {
  const part = (values: Float32Array) => values.subarray(0, (values.length / size) * count);
  if (count >= size) return { size, images, target, labels };
  return { size: count, images: part(images), target: part(target), labels: labels.slice(0, count) };
}

/** Seconds to read an image and run the image encoder forward, with the prompts that the validation has. A step takes about twice as long. */
async function timeImages(
  { config, data: { backbone, valid }, setup, batchSize }: Timed,
  prompts: Prompts,
  stepSeconds: number,
): Promise<number> {
  const { threads, provider } = config;
  const { classes, samples } = valid.split;
  const { source, topK } = setup.spec;
  const vision = source === "features" ? undefined : prompts["vision.prompts"];
  const count = Math.min(samples.length, timedImages(stepSeconds / batchSize / 2, 4, batchSize));
  const some = { ...valid.split, samples: samples.slice(0, count) };
  const batch = Math.min(batchSize, samples.length);
  const options = { kind: "inputs", visionPromptShape: vision?.shape, batch, classes: classes.length, topK } as const;
  const input = imageInput(backbone, imageForm(backbone, provider));
  const classifier = await openClassifier(backbone, options, { threads, provider }, input);
  const theta = new Float32Array(classes.length * backbone.clip.config.jointWidth);
  const feeds = { [thetaName]: theta, ...(vision && { "vision.prompts": vision.data }) };
  const run = async () => {
    const started = performance.now();
    const images = throwAway(backbone, some, config);
    await scoreSplit(classifier, images, { prompts: feeds, progress: silent, label: "" });
    return (performance.now() - started) / 1000 / count;
  };
  try {
    const first = await run();
    // Where it takes long, the share of what only the first run does is small.
    return first * count > enoughSeconds ? first : await run();
  } finally {
    await classifier.dispose();
  }
}

/** A source of a split's images that reports and counts nothing. */
const throwAway = ({ preprocess }: Backbone, split: Split, { dataWorkers: workers }: TrainConfig): ImageSource => {
  const bad = new BadImages({ name: split.name, size: split.samples.length }, split.samples.length, () => undefined);
  return new ImageSource(split, { preprocess, bad, workers });
};

/** Features of all images of a split in place of those of the real images: one unit vector. */
export function standInFeatures({ split }: ImageSource, width: number): FrozenFeatures {
  const unit = new Float32Array(width).fill(width ** -0.5);
  return new Map(split.samples.map((_, index) => [index, unit]));
}
