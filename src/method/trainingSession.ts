/** Sessions of training steps, and the choice of the micro-batch size from memory and cache limits. */

import type { Backbone } from "../clip/backbone.ts";
import { type Clip, towersShareWeights } from "../clip/clip.ts";
import type { ImageForm } from "../clip/pictureRows.ts";
import { estimateMemory, type MemoryEstimate } from "../graph/memory.ts";
import { toOnnx } from "../graph/onnx.ts";
import type { NodeCounts } from "../graph/runtime/failures.ts";
import { choosePoolSize, nodesByProvider, type Session, zeroFeeds } from "../graph/runtime/session.ts";
import { targetOf } from "../graph/target.ts";
import { isFailure, MpaError } from "../platform/errors.ts";
import { openGraph, type RuntimeOptions, runSize } from "./classifier.ts";
import { imageGraph, type Outputs, type TrainingSpec, textGraphs, trainingGraph } from "./graphs.ts";
import { type ImageInput, imageForm, imageInput } from "./imageInput.ts";
import { lossScaleOf } from "./lossScale.ts";
import type { StepOptions, StepSessions } from "./step.ts";

/** Open sessions of a training step. Dispose of them when done. */
export interface TrainingSession {
  readonly sessions: StepSessions;
  readonly stepOptions: StepOptions;
  /** nodes of all sessions by provider, after the first step, with `countsNodes` */
  nodes(): NodeCounts | undefined;
  dispose(): Promise<void>;
}

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

/**
 * Opens the sessions of a step: one if the whole batch fits in a run, else one each for texts, images and the text backward pass.
 * Throws MEMORY, also from a run, with the micro-batch that fits.
 */
export async function openTrainingSession(
  backbone: Backbone,
  spec: TrainingSpec,
  options: TrainingSessionOptions,
): Promise<TrainingSession> {
  const { batchSize, profilePrefix } = options;
  const { clip } = backbone;
  const images = imageInput(backbone, options.form ?? imageForm(backbone, options.provider, spec));
  const { microBatch, poolSize } = planRuns(clip, images, spec, options);
  const opened: Session[] = [];
  const free = async () => {
    for (const session of opened) await session.dispose();
  };
  const trial = (batch: number) => trialRun(backbone, imageGraph(clip, batch, spec, images.pixels(batch)), options);
  const suggesting = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!isFailure(error, "MEMORY")) throw error;
      await free();
      throw await tooLarge(microBatch, error, trial);
    }
  };
  const open: Open = (outputs, name, pool = 1) =>
    suggesting(async () => {
      const session = await openGraph(backbone, outputs, {
        ...options,
        poolSize: pool,
        profilePrefix: profilePrefix && `${profilePrefix}${name}`,
      });
      opened.push(session);
      return { ...session, run: (feeds, shapes) => suggesting(() => session.run(feeds, shapes)) };
    });
  // Profiling needs separate sessions to tell the encoders apart.
  const isWhole = microBatch >= batchSize && towersShareWeights(clip) && profilePrefix === undefined;
  const sessions = isWhole
    ? await openWhole(trainingGraph(clip, microBatch, spec, images.pixels(microBatch)), open)
    : await openMicroBatches(clip, { microBatch, poolSize, images }, spec, open);
  const input =
    spec.source === "features"
      ? ({ imageInput: "global", imageValues: clip.config.jointWidth } as const)
      : { imageInput: images.form, imageValues: images.values };
  return {
    sessions,
    stepOptions: { microBatch, classes: spec.classes, ...input, losses: spec, lossScale: lossScaleOf(clip)?.scale },
    nodes: () => nodesByProvider(opened.map((session) => session.placement?.())),
    dispose: free,
  };
}

/**
 * The error of micro-batches that the memory does not hold, with half of them, a quarter and so on, down to the first that passes
 * `trial`, which throws MEMORY for one that does not.
 */
async function tooLarge(
  microBatch: number,
  cause: MpaError,
  trial: (images: number) => Promise<void>,
): Promise<MpaError> {
  const what = `${cause.what} with micro-batches of ${microBatch}`;
  for (let images = Math.floor(microBatch / 2); images >= 1; images = Math.floor(images / 2)) {
    try {
      await trial(images);
      const fix = `use --micro-batch ${images}, which fits; the gradient is the same`;
      return new MpaError("MEMORY", what, { fix, cause });
    } catch (error) {
      if (!isFailure(error, "MEMORY")) throw error;
    }
  }
  return new MpaError("MEMORY", what, { fix: "use a smaller backbone; not even one image fits", cause });
}

/** Opens a graph and runs it once on zeros. */
async function trialRun(backbone: Backbone, outputs: Outputs, { threads, provider }: RuntimeOptions): Promise<void> {
  const model = toOnnx(outputs, {}, { target: targetOf(provider) });
  const session = await backbone.open(model, { threads, provider });
  const { feeds, shapes } = zeroFeeds(model);
  await session.run(feeds, shapes).finally(() => session.dispose());
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

function bytesOf({ one, two }: MemoryNeeds, poolSize: number) {
  const perImage = Math.max(1, two.activations - one.activations);
  // The mapped file, and the weights packed for matrix products by the training and validation sessions.
  const weights = (1 + 2 * poolSize) * two.weights;
  return { fixed: poolSize * (one.activations - perImage) + weights, perImage: poolSize * perImage * arenaFactor };
}

/** Measured ratio of resident memory to live tensors; ONNX Runtime's arena grows in steps and fragments. */
const arenaFactor = 1.3;

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
  const images = imageInput(backbone, options.form ?? imageForm(backbone, options.provider));
  const plan = planRuns(backbone.clip, images, spec, options);
  const needs = memoryNeeds(backbone.clip, images, spec);
  const sizes = Array.from({ length: 1 + Math.floor(Math.log2(options.batchSize)) }, (_, power) => 2 ** power);
  return {
    ...plan,
    bytes: trainingBytes(plan, needs),
    byMicroBatch: sizes.map((microBatch) => ({ microBatch, bytes: trainingBytes({ microBatch, poolSize: 1 }, needs) })),
  };
}

/** Expected bytes of a training in micro-batches. */
export function trainingBytes({ microBatch, poolSize }: RunPlan, needs: MemoryNeeds): number {
  const { fixed, perImage } = bytesOf(needs, poolSize);
  return Math.ceil(fixed + perImage * microBatch);
}

/** How the images of a batch are run. */
export interface RunPlan {
  /** images per run */
  readonly microBatch: number;
  /** parallel sessions */
  readonly poolSize: number;
}

/** Chooses the largest micro-batch first, since it determines the rounding, then several sessions if memory allows. */
function planRuns(clip: Clip, images: ImageInput, spec: TrainingSpec, options: TrainingSessionOptions): RunPlan {
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

function memoryNeeds(clip: Clip, images: ImageInput, spec: TrainingSpec): MemoryNeeds {
  const estimate = (batch: number) => estimateMemory(trainingGraph(clip, batch, spec, images.pixels(batch)));
  return { one: estimate(1), two: estimate(2) };
}

/** Maximum bytes of weights for which a second session is opened by default; for ViT-L/14 it would take seconds and gigabytes. */
const maxCopied = 1e9;

/** Opens a session; `name` distinguishes its profile. */
type Open = (outputs: Outputs, name: string, poolSize?: number) => Promise<Session>;

async function openWhole({ logits: _, ...outputs }: Outputs, open: Open): Promise<StepSessions> {
  return { whole: await open(outputs, "whole") };
}

async function openMicroBatches(
  clip: Clip,
  { microBatch, poolSize, images }: RunPlan & { readonly images: ImageInput },
  spec: TrainingSpec,
  open: Open,
): Promise<StepSessions> {
  const { before, after } = textGraphs(clip, spec);
  return {
    texts: await open(before, "texts"),
    images: await open(imageGraph(clip, microBatch, spec, images.pixels(microBatch)), "images", poolSize),
    textsBack: await open(after, "texts-back"),
  };
}
