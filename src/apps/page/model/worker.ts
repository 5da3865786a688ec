/** The worker's side: one model, what is taught to it, and faces cut out of pictures. */
import { expose } from "comlink";
import { createFaceDetector, type FaceDetector } from "../../../faces/detector.ts";
import { alignFace } from "../../../faces/face.ts";
import { openSession } from "../../../graph/runtime/session.web.ts";
import { type FewShotResult, teach } from "../../../method/teach.ts";
import { decodeBrowserImage, encodePng } from "../../../pictures/decode.web.ts";
import type { ProgressReporter } from "../../../platform/context.ts";
import type { EngineDescription, Explanation } from "./engine.ts";
import {
  adaptedCheckpoint,
  type Loaded,
  LocalModel,
  loadParts,
  type NamedCheckpoint,
  openOnFastest,
} from "./localModel.ts";

/** A lesson as it travels: each face an encoded picture. */
export interface PictureLesson {
  readonly classes: readonly string[];
  readonly faces: readonly { readonly label: number; readonly picture: Blob }[];
  readonly seed: number;
  readonly epochs: number;
}

/** How far the teaching has come. */
export interface TeachingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** on the faces set aside, of the last pass that is done */
  readonly accuracy?: number;
}

const started: { loaded?: Loaded; model?: LocalModel; detector?: FaceDetector; stop?: AbortController } = {};

const modelWorker = {
  /** Loads everything, with `onBytes` told of each part of a file. */
  async load(models: string, checkpoint: NamedCheckpoint | undefined, onBytes: (bytes: number) => void): Promise<void> {
    const progress = totalOf(onBytes);
    const parts = await loadParts(new URL(models), progress);
    Object.assign(started, await openOnFastest(parts, checkpoint, progress));
  },

  /** Goes over to other prompts; without any to those that come with the backbone, else zero-shot. */
  async use(checkpoint: NamedCheckpoint | undefined): Promise<EngineDescription> {
    const next = await LocalModel.open(loaded(), checkpoint ?? (await adaptedCheckpoint(loaded())));
    await started.model?.dispose();
    started.model = next;
    return next.describe();
  },

  describe: (): EngineDescription => model().describe(),
  predict: (picture: Blob) => model().predict(picture),
  explain: (picture: Blob, face: number, target: string): Promise<Explanation> =>
    model().explain(picture, face, target),

  /** The aligned faces of a picture, as PNG; the whole picture where there is none. */
  async cutFaces(picture: Blob): Promise<{ readonly faces: readonly Blob[]; readonly found: boolean }> {
    const image = await decodeBrowserImage(picture);
    started.detector ??= createFaceDetector({
      model: loaded().detector,
      openSession,
      session: loaded().runtime,
    });
    const found = await started.detector.detect(image);
    const cut = found.length > 0 ? found.map((face) => alignFace(image, face)) : [image];
    return { faces: await Promise.all(cut.map(encodePng)), found: found.length > 0 };
  },

  async teach(lesson: PictureLesson, onProgress: (progress: TeachingProgress) => void): Promise<FewShotResult> {
    const { classes, seed, epochs } = lesson;
    const faces = await Promise.all(
      lesson.faces.map(async ({ label, picture }) => ({ label, image: await decodeBrowserImage(picture) })),
    );
    const { backbone, runtime } = loaded();
    started.stop = new AbortController();
    let accuracy: number | undefined;
    return await teach(
      backbone,
      { classes, faces, seed },
      {
        ...{ runtime, epochs },
        onStep: ({ step, steps, losses }) => onProgress({ step, steps, loss: losses.L_total, accuracy }),
        onEpoch: ({ validation }) => {
          accuracy = validation?.accuracy;
        },
      },
      { signal: started.stop.signal },
    );
  },

  /** Stops teaching after the step in work. */
  stop: (): void => started.stop?.abort(),
};

export type ModelWorker = typeof modelWorker;

function loaded(): Loaded {
  if (started.loaded === undefined) throw new Error("the model is not loaded yet");
  return started.loaded;
}

function model(): LocalModel {
  if (started.model === undefined) throw new Error("the model is not loaded yet");
  return started.model;
}

/** Several files as one sum of bytes. */
function totalOf(onBytes: (bytes: number) => void): ProgressReporter {
  let total = 0;
  return {
    start: () => {
      let own = 0;
      const update = (bytes: number) => {
        total += bytes - own;
        own = bytes;
        onBytes(total);
      };
      return { update, note: () => undefined, finish: () => undefined };
    },
  };
}

expose(modelWorker);
