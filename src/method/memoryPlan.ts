/** The micro-batches and sessions of a training step, chosen from memory and cache limits. */
import type { Backbone } from "../clip/backbone.ts";
import type { Clip } from "../clip/clip.ts";
import type { ImageForm } from "../clip/pictureRows.ts";
import { estimateMemory, type MemoryEstimate } from "../graph/memory.ts";
import { choosePoolSize } from "../graph/runtime/session.ts";
import { MpaError } from "../platform/errors.ts";
import { type RuntimeOptions, runSize } from "./classifier.ts";
import { type TrainingSpec, trainingGraph } from "./graphs.ts";
import { type ImageInput, imageForm, imageInput } from "./imageInput.ts";

/** Options of `openTrainingSession`. */
export interface TrainingSessionOptions extends RuntimeOptions {
  readonly batchSize: number;
  /** memory limit in bytes */
  readonly memory: number;
  /** fixed micro-batch size, set by the user or by the run that is resumed or repeated */
  readonly microBatch?: number | undefined;
  /** how images are given; chosen by the provider by default */
  readonly form?: ImageForm;
}

/** The image input of a step's sessions. */
export const sessionImages = (backbone: Backbone, spec: TrainingSpec, options: TrainingSessionOptions): ImageInput =>
  imageInput(backbone, options.form ?? imageForm(backbone, options.provider, spec));

/** How the images of a batch are run. */
export interface RunPlan {
  /** images per run */
  readonly microBatch: number;
  /** parallel sessions */
  readonly poolSize: number;
}

/** Chooses the largest micro-batch first, since it determines the rounding, then several sessions if memory allows. */
export function planRuns(clip: Clip, images: ImageInput, spec: TrainingSpec, options: TrainingSessionOptions): RunPlan {
  const { batchSize, memory: limit } = options;
  const max =
    options.microBatch ?? (spec.source === "features" ? batchSize : runSize(clip, options.provider, batchSize));
  const needs = memoryNeeds(clip, images, spec);
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

/** Memory that a training is expected to take. */
export interface TrainingMemory extends RunPlan {
  /** expected bytes with this plan */
  readonly bytes: number;
  /** expected bytes of larger and smaller micro-batches in one session: powers of two up to the batch */
  readonly byMicroBatch: readonly { readonly microBatch: number; readonly bytes: number }[];
}

/** The runs that `openTrainingSession` would choose, and the expected memory of these and of other micro-batches. Throws MEMORY. */
export function trainingMemory(
  backbone: Backbone,
  spec: TrainingSpec,
  options: TrainingSessionOptions,
): TrainingMemory {
  const images = sessionImages(backbone, spec, options);
  const plan = planRuns(backbone.clip, images, spec, options);
  const needs = memoryNeeds(backbone.clip, images, spec);
  const sizes = Array.from({ length: 1 + Math.floor(Math.log2(options.batchSize)) }, (_, power) => 2 ** power);
  return {
    ...plan,
    bytes: trainingBytes(plan, needs),
    byMicroBatch: sizes.map((microBatch) => ({ microBatch, bytes: trainingBytes({ microBatch, poolSize: 1 }, needs) })),
  };
}

/** Memory estimates of a training graph for one and two images, from which larger batches are extrapolated linearly. Two images may need more weights. */
export interface MemoryNeeds {
  readonly one: MemoryEstimate;
  readonly two: MemoryEstimate;
}

/** Limits of a micro-batch. */
export interface MicroBatchLimits {
  /** memory limit in bytes */
  readonly limit: number;
  /** maximum images per run */
  readonly max: number;
  /** parallel sessions, each with its own packed weights and activations; default 1 */
  readonly poolSize?: number;
}

/** The largest micro-batch within the limits, balanced over the runs of a batch; `undefined` if not even one image fits. */
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

/** Minimum memory of training in bytes: one image per run in one session. */
export const minMemory = (needs: MemoryNeeds): number => trainingBytes({ microBatch: 1, poolSize: 1 }, needs);

/** Expected bytes of a training in micro-batches. */
export function trainingBytes({ microBatch, poolSize }: RunPlan, needs: MemoryNeeds): number {
  const { fixed, perImage } = bytesOf(needs, poolSize);
  return Math.ceil(fixed + perImage * microBatch);
}

function bytesOf({ one, two }: MemoryNeeds, poolSize: number) {
  const perImage = Math.max(1, two.activations - one.activations);
  // The mapped file, and the weights packed for matrix products by the training and validation sessions.
  const weights = (1 + 2 * poolSize) * two.weights;
  return { fixed: poolSize * (one.activations - perImage) + weights, perImage: poolSize * perImage * arenaFactor };
}

/** Measured ratio of resident memory to live tensors; ONNX Runtime's arena grows in steps and fragments. */
const arenaFactor = 1.3;

function memoryNeeds(clip: Clip, images: ImageInput, spec: TrainingSpec): MemoryNeeds {
  const estimate = (batch: number) => estimateMemory(trainingGraph(clip, batch, spec, images.pixels(batch)));
  return { one: estimate(1), two: estimate(2) };
}

/** Maximum bytes of weights for which a second session is opened by default; for ViT-L/14 it would take seconds and gigabytes. */
const maxCopied = 1e9;
