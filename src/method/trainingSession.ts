/** The sessions of a training's steps, and the micro-batch that a batch is cut into: as large as memory and caches allow. */

import type { Backbone } from "../clip/backbone.ts";
import { type Clip, towersShareWeights } from "../clip/clip.ts";
import type { Images } from "../data/batches.ts";
import { estimateMemory, type MemoryEstimate } from "../graph/memory.ts";
import { choosePoolSize, type Session } from "../graph/runtime/session.ts";
import { MpaError } from "../platform/errors.ts";
import { type BatchOptions, trainingBatches } from "./batches.ts";
import { cacheSizedBatch, openGraph, type RuntimeOptions } from "./classifier.ts";
import type { Steps } from "./fit.ts";
import { imageGraph, type Outputs, type TrainingSpec, textGraphs, trainingGraph } from "./graphs.ts";
import type { FrozenFeatures } from "./prototypes.ts";
import { runStep, type StepOptions, type StepSessions, type TrainingBatch } from "./step.ts";

export interface TrainingSession {
  readonly sessions: StepSessions;
  readonly stepOptions: StepOptions;
  dispose(): Promise<void>;
}

export interface TrainingSessionOptions extends RuntimeOptions {
  readonly batchSize: number;
  /** bytes that may be used */
  readonly memory: number;
  /** images a run takes, where that is decided already: by the user, or by the run that is resumed or repeated */
  readonly microBatch?: number | undefined;
}

/** Opens the sessions of a step: one where a run takes the whole batch, else one each for texts, images and the way back. Throws MEMORY. */
export async function openTrainingSession(
  backbone: Backbone,
  spec: TrainingSpec,
  options: TrainingSessionOptions,
): Promise<TrainingSession> {
  const { batchSize, profilePrefix } = options;
  const { clip } = backbone;
  const { microBatch, poolSize } = planRuns(clip, spec, options);
  const open: Open = (outputs, name, pool = 1) =>
    openGraph(backbone, outputs, {
      ...options,
      poolSize: pool,
      profilePrefix: profilePrefix && `${profilePrefix}${name}`,
    });
  // A profile tells the towers apart by their sessions.
  const isWhole = microBatch >= batchSize && towersShareWeights(clip) && profilePrefix === undefined;
  const sessions = isWhole
    ? await openWhole(trainingGraph(clip, microBatch, spec), open)
    : await openMicroBatches(clip, { microBatch, poolSize }, spec, open);
  const [imageInput, imageValues] =
    spec.source === "features"
      ? (["global", clip.config.jointWidth] as const)
      : (["pixels", 3 * clip.config.vision.imageSize ** 2] as const);
  return {
    sessions,
    stepOptions: { microBatch, classes: spec.classes, imageValues, imageInput, losses: spec },
    dispose: async () => {
      for (const session of Object.values(sessions)) await session.dispose();
    },
  };
}

/** The steps of a training that this process computes alone; `features` of the images stand for their pixels. */
export const localSteps = (
  { sessions, stepOptions }: Pick<TrainingSession, "sessions" | "stepOptions">,
  train: Images,
  features: FrozenFeatures | undefined,
  options: BatchOptions,
): Steps<TrainingBatch> => ({
  batches: (epoch, from) => trainingBatches(train, options, features, epoch, from),
  step: (prompts, batch) => runStep(sessions, prompts, batch, stepOptions),
});

/** The memory of a training's graph for one image and for two; the need grows linearly, so they tell all. Two may need more weights. */
export interface MemoryNeeds {
  readonly one: MemoryEstimate;
  readonly two: MemoryEstimate;
}

export interface MicroBatchLimits {
  /** bytes that may be used */
  readonly limit: number;
  /** images a run takes at most */
  readonly max: number;
  /** sessions side by side, each with packed weights and activations of its own; default 1 */
  readonly poolSize?: number;
}

/** The largest micro-batch, evened out over the batch, whose memory stays under the limit, or `undefined` where not one image fits. */
export function microBatchSize(
  batch: number,
  { limit, max, poolSize = 1 }: MicroBatchLimits,
  needs: MemoryNeeds,
): number | undefined {
  const { fixed, perImage } = bytesOf(needs, poolSize);
  const fitting = Math.floor((limit - fixed) / perImage);
  if (fitting < 1) return undefined;
  const runs = Math.ceil(batch / Math.min(batch, fitting, max));
  return Math.ceil(batch / runs);
}

/** Bytes of one image at a time in one session: the least that a training takes. */
export function minMemory(needs: MemoryNeeds): number {
  const { fixed, perImage } = bytesOf(needs, 1);
  return fixed + perImage;
}

function bytesOf({ one, two }: MemoryNeeds, poolSize: number) {
  const perImage = Math.max(1, two.activations - one.activations);
  // The mapped file, and the weights packed for the products of the training and of the validating sessions.
  const weights = (1 + 2 * poolSize) * two.weights;
  return { fixed: poolSize * (one.activations - perImage) + weights, perImage: poolSize * perImage * arenaFactor };
}

/** ONNX Runtime's arena grows in steps and fragments: measured resident memory over the estimate of live tensors. */
const arenaFactor = 1.3;

interface RunPlan {
  /** images a run takes */
  readonly microBatch: number;
  /** sessions that runs are spread over */
  readonly poolSize: number;
}

/** As many images a run as memory allows, which decides the bits; then several sessions where there is room for them as well. */
function planRuns(clip: Clip, spec: TrainingSpec, options: TrainingSessionOptions): RunPlan {
  const { batchSize, memory: limit } = options;
  const max = options.microBatch ?? (spec.source === "features" ? batchSize : cacheSizedBatch(clip));
  const estimate = (images: number) => estimateMemory(trainingGraph(clip, images, spec));
  const needs = { one: estimate(1), two: estimate(2) };
  const fitting = microBatchSize(batchSize, { limit, max }, needs);
  const microBatch = options.microBatch ?? fitting;
  if (microBatch === undefined) {
    const need = Math.ceil(minMemory(needs) / 2 ** 20);
    const fix = "raise --memory or take a smaller backbone";
    throw new MpaError("MEMORY", `one image a run needs about ${need} MB`, { fix });
  }
  const poolSize = choosePoolSize(options, Math.ceil(batchSize / microBatch));
  const isSmall = options.poolSize !== undefined || needs.two.weights <= maxCopied;
  const fits = microBatchSize(batchSize, { limit, max, poolSize }, needs) === fitting;
  return { microBatch, poolSize: isSmall && fits ? poolSize : 1 };
}

/** Bytes of weights that are packed a second time unasked: of ViT-L/14's it takes seconds and gigabytes. */
const maxCopied = 1e9;

/** `name` tells the session's profile from others. */
type Open = (outputs: Outputs, name: string, poolSize?: number) => Promise<Session>;

async function openWhole({ logits: _, ...outputs }: Outputs, open: Open): Promise<StepSessions> {
  return { whole: await open(outputs, "whole") };
}

async function openMicroBatches(
  clip: Clip,
  { microBatch, poolSize }: RunPlan,
  spec: TrainingSpec,
  open: Open,
): Promise<StepSessions> {
  const { before, after } = textGraphs(clip, spec);
  return {
    texts: await open(before, "texts"),
    images: await open(imageGraph(clip, microBatch, spec), "images", poolSize),
    textsBack: await open(after, "texts-back"),
  };
}
