/** Benchmark workloads: a training step and a prediction of the configured variant, on constant images. */
import type { Backbone } from "../../clip/backbone.ts";
import type { ImageForm } from "../../clip/pictureRows.ts";
import { formulaValues } from "../../clip/random.node.ts";
import { loadBatches } from "../../data/batches.ts";
import { readVisits } from "../../data/imageBatch.ts";
import { ferClasses } from "../../data/sample.ts";
import type { NodeCounts } from "../../graph/runtime/failures.ts";
import type { TensorData } from "../../graph/tensor.ts";
import { encodeHardPrompts, openSoftPromptEncoder, type RuntimeOptions } from "../../method/classifier.ts";
import type { TrainingSpec } from "../../method/graphs.ts";
import { imageForm } from "../../method/imageInput.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { promptedOver } from "../../method/model.ts";
import { initialPrompts, prepareHardPrompts, prepareSoftPrompts, promptShapes } from "../../method/prompts.ts";
import { runStep, type TrainingBatch } from "../../method/step.ts";
import { openTrainingSession } from "../../method/trainingSession.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { Random } from "../../platform/random.ts";
import type { BenchConfig } from "./options.ts";

/** A workload that runs one step at a time, so that implementations can be timed alternately. */
export interface TimedWork {
  /** Runs one step and returns values to compare, such as losses. */
  step(): Promise<Readonly<Record<string, number>>>;
  /** nodes by provider, after the first step, with `countsNodes` */
  nodes?(): NodeCounts | undefined;
  dispose(): Promise<void>;
}

/** Opens a training step of the configured variant. `microBatch` overrides the number of images per run of the session. */
export async function trainingWork(
  backbone: Backbone,
  config: BenchConfig,
  how: Pick<RuntimeOptions, "profilePrefix" | "poolSize" | "countsNodes"> & { readonly microBatch?: number } = {},
): Promise<TimedWork & { readonly microBatch: number }> {
  const spec = await benchSpec(backbone, config);
  const { images: form } = config;
  const training = await openTrainingSession(backbone, spec, { ...config, ...how, form });
  const { sessions, stepOptions } = training;
  const prompts = initialPrompts(spec.shapes, config.seed);
  const plain = benchBatch(backbone, config.batchSize, config.classes);
  const batch = form === "pixels" ? plain : { ...plain, images: await augmented(noise(), backbone, plain.size, form) };
  return {
    microBatch: stepOptions.microBatch,
    step: async () => (await runStep(sessions, prompts, batch, stepOptions)).losses,
    nodes: () => training.nodes(),
    dispose: () => training.dispose(),
  };
}

/** Opens prediction of a batch with constant prompts and θ, as `evaluate` and `predict` run it. */
export async function predictionWork(
  backbone: Backbone,
  config: BenchConfig,
  how: Pick<RuntimeOptions, "countsNodes"> = {},
): Promise<TimedWork> {
  const spec = await benchSpec(backbone, config);
  const prompts = initialPrompts(spec.shapes, config.seed);
  const encoder = await openSoftPromptEncoder(backbone, spec.soft, prompts["text.context"], config);
  const theta = await encoder.encode(prompts["text.context"]);
  await encoder.dispose();
  const { clip, preprocess } = backbone;
  const { topK } = spec;
  const classes = benchClasses(config);
  const prompted = { clip, preprocess, classes, theta, visionPrompts: prompts["vision.prompts"], topK };
  const classifier = await promptedOver(backbone, prompted, { ...config, ...how }).open(config.batchSize);
  const { images } = benchBatch(backbone, config.batchSize);
  return {
    step: async () => ({ probability: (await classifier.classify(images, config.batchSize))[0] }),
    nodes: () => classifier.nodes?.(),
    dispose: () => classifier.dispose(),
  };
}

/** A side of pictures, the largest that fit in a frame of an encoder of 224 pixels. */
const pictureSide = 256;

/** A picture of random bytes. */
function noise(): RgbImage {
  const random = new Random("bench");
  const data = Uint8Array.from({ length: 3 * pictureSide ** 2 }, () => random.integer(256));
  return { width: pictureSide, height: pictureSide, data };
}

/** A batch of a picture in memory as a training reads it, augmented. */
async function augmented(
  image: RgbImage,
  { preprocess }: Backbone,
  size: number,
  form: ImageForm,
): Promise<Float32Array> {
  const visits = Array.from({ length: size }, (_, index) => ({ index, repeat: 0 }));
  const samples = visits.map(({ index }) => ({ file: String(index), label: 0 }));
  const request = { samples, read: async () => image, preprocess, augment: { seed: 1, epoch: 0 }, form };
  return (await readVisits(visits, request)).pixels;
}

/** Batches that `hostTime` makes. */
const hostRounds = 7;

/**
 * Processor time in milliseconds that the thread which feeds a training on a provider takes for an image: a decoded picture of 256 pixels,
 * augmented and laid out. The median over batches. Measured by the whole process, so nothing else may run.
 */
export async function hostTime(backbone: Backbone, { provider, batchSize }: BenchConfig): Promise<number> {
  const form = imageForm(backbone, provider);
  const image = noise();
  const order = Array.from({ length: (hostRounds + 1) * batchSize }, () => 0);
  const source = { samples: [{ file: "noise", label: 0 }], read: async () => image, preprocess: backbone.preprocess };
  const augment = { seed: 1, epoch: 0 };
  const times: number[] = [];
  let before: NodeJS.CpuUsage | undefined;
  for await (const _ of loadBatches({ ...source, augment, form, order, batchSize, prefetch: 0 })) {
    // The first batch is a warm-up.
    const { user, system } = process.cpuUsage(before);
    if (before !== undefined) times.push((user + system) / 1000 / batchSize);
    before = process.cpuUsage();
  }
  return times.sort((a, b) => a - b)[Math.floor(hostRounds / 2)];
}

/** Training specification of the configured variant; the prototypes are synthetic values. */
export async function benchSpec(backbone: Backbone, config: BenchConfig): Promise<TrainingSpec> {
  const classes = benchClasses(config);
  const hard = prepareHardPrompts(
    backbone,
    classes,
    config.hardPrompt,
    await readDescriptions(config.descriptions),
    config.template,
  );
  const softTexts = config.softText === "hard-prompt" ? hard.texts : classes;
  const { jointWidth } = backbone.clip.config;
  const prototypes: TensorData = {
    shape: [config.classes, jointWidth],
    data: formulaValues("prototypes", config.classes * jointWidth, 0, jointWidth ** -0.5),
  };
  return {
    soft: prepareSoftPrompts(backbone, softTexts, config.contextLength).tokens,
    shapes: promptShapes(backbone.clip.config, config),
    classes: config.classes,
    topK: config.topK,
    hard: config.beta > 0 ? await encodeHardPrompts(backbone, hard.tokens, config) : undefined,
    prototypes: config.gamma > 0 ? prototypes : undefined,
    source: "pixels",
    beta: config.beta,
    gamma: config.gamma,
    prototypeLoss: config.prototypeLoss,
    tau: config.tau ?? 1 / backbone.clip.scale,
  };
}

/** Batch of synthetic images, [size,3,S,S], with the classes in turn as labels. */
export function benchBatch({ clip }: Backbone, size: number, classes: number = ferClasses.length): TrainingBatch {
  const { imageSize } = clip.config.vision;
  const labels = Array.from({ length: size }, (_, i) => i % classes);
  const target = new Float32Array(size * classes);
  for (const [i, label] of labels.entries()) target[i * classes + label] = 1;
  return { size, images: formulaValues("pixels", size * 3 * imageSize ** 2, 0, 1), target, labels };
}

/** Class names: the eight expressions, then numbered placeholders. */
const benchClasses = ({ classes }: BenchConfig): readonly string[] =>
  Array.from({ length: classes }, (_, c) => ferClasses[c] ?? `expression ${c}`);
