/** Sessions of training steps, and the error of one that the memory does not hold. */

import type { Backbone } from "../clip/backbone.ts";
import { type Clip, towersShareWeights } from "../clip/clip.ts";
import { toOnnx } from "../graph/onnx.ts";
import type { NodeCounts } from "../graph/runtime/failures.ts";
import { nodesByProvider, type Session, zeroFeeds } from "../graph/runtime/session.ts";
import { targetOf } from "../graph/target.ts";
import { isFailure, MpaError } from "../platform/errors.ts";
import { openGraph, type RuntimeOptions } from "./classifier.ts";
import { imageGraph, type Outputs, type TrainingSpec, textGraphs, trainingGraph } from "./graphs.ts";
import type { ImageInput } from "./imageInput.ts";
import { lossScaleOf } from "./lossScale.ts";
import { planRuns, type RunPlan, sessionImages, type TrainingSessionOptions } from "./memoryPlan.ts";
import type { StepOptions, StepSessions } from "./step.ts";

/** Open sessions of a training step. Dispose of them when done. */
export interface TrainingSession {
  readonly sessions: StepSessions;
  readonly stepOptions: StepOptions;
  /** nodes of all sessions by provider, after the first step, with `countsNodes` */
  nodes(): NodeCounts | undefined;
  dispose(): Promise<void>;
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
  const images = sessionImages(backbone, spec, options);
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
