/** Benchmark workloads: a training step and a prediction of the configured variant, on constant images. */
import type { Backbone } from "../../clip/backbone.ts";
import { formulaValues } from "../../clip/random.node.ts";
import { ferClasses } from "../../data/sample.ts";
import type { NodeCounts } from "../../graph/runtime/failures.ts";
import type { TensorData } from "../../graph/tensor.ts";
import { encodeHardPrompts, openSoftPromptEncoder, type RuntimeOptions } from "../../method/classifier.ts";
import type { TrainingSpec } from "../../method/graphs.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { promptedOver } from "../../method/model.ts";
import { initialPrompts, prepareHardPrompts, prepareSoftPrompts, promptShapes } from "../../method/prompts.ts";
import { runStep, type TrainingBatch } from "../../method/step.ts";
import { openTrainingSession } from "../../method/trainingSession.ts";
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
  const training = await openTrainingSession(backbone, spec, { ...config, ...how });
  const { sessions, stepOptions } = training;
  const prompts = initialPrompts(spec.shapes, config.seed);
  const batch = benchBatch(backbone, config.batchSize, config.classes);
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
