/**
 * Web worker of the page: detects, reads and explains faces, and trains prompts.
 * WebAssembly blocks the calling thread, so none of this may run on the main thread.
 */
import { expose } from "comlink";
import { defaultBackbone } from "../../../clip/backbone.ts";
import { fetchBackbone } from "../../../clip/backbone.web.ts";
import type { FaceDetector } from "../../../faces/detector.ts";
import { fetchDetectorWeights, openDetector } from "../../../faces/detector.web.ts";
import { alignFace } from "../../../faces/face.ts";
import { LiveFaces, type LiveWork } from "../../../faces/live.ts";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import { ExpressionRecognizer } from "../../../faces/recognizer.web.ts";
import type { TrackedFace } from "../../../faces/smooth.ts";
import { adapterName, graphicsAdapter, providers, usualThreads } from "../../../graph/runtime/session.web.ts";
import { classifierModel } from "../../../method/classifierModel.ts";
import { type PlainExplanation, plainExplanation } from "../../../method/explain/plain.ts";
import type { Model } from "../../../method/model.ts";
import { type ModelOptions, openModel } from "../../../method/model.web.ts";
import { type FewShotResult, teach } from "../../../method/teach.ts";
import { type CameraFrame, CameraFrames } from "../../../pictures/cameraFrames.web.ts";
import { dataUrl, decodeBrowserImage, encodePng } from "../../../pictures/decode.web.ts";
import type { ProgressReporter } from "../../../platform/context.ts";
import type { EngineDescription } from "./engine.ts";
import { PreparedPictures } from "./preparedPictures.ts";
import { unpackRuntime } from "./runtime.ts";

/** Few-shot set as it is sent to the worker: each face is an encoded picture. */
export interface EncodedFewShotSet {
  readonly classes: readonly string[];
  readonly faces: readonly { readonly label: number; readonly picture: Blob }[];
  readonly seed: number;
  readonly epochs: number;
}

/** Progress of a few-shot training. */
export interface TeachingProgress {
  readonly step: number;
  readonly steps: number;
  readonly epochs: number;
  readonly loss: number;
  /** accuracy on the held-out faces after the last complete epoch */
  readonly accuracy?: number;
}

/** Picture, with the id of its cache entry if it is cached. */
export interface CachedPicture {
  readonly picture: Blob;
  readonly id?: number;
}

/** Open model and detector; the detector stays open when the prompts change. */
interface Opened {
  readonly model: Model;
  readonly detector: FaceDetector;
  readonly fer: ExpressionRecognizer;
}

let current: Opened | undefined;
let live: LiveFaces | undefined;
let teaching: AbortController | undefined;
const pictures = new PreparedPictures();
const frames = new CameraFrames();

const modelWorker = {
  /** Loads everything from the URL `models`; `onBytes` receives the total number of bytes loaded. */
  async load(models: string, checkpoint: File | undefined, onBytes: (bytes: number) => void): Promise<void> {
    const progress = totalOf(onBytes);
    const backbone = await fetchBackbone(new URL(defaultBackbone, models), { progress });
    const weights = await fetchDetectorWeights(new URL(models), { progress });
    // Not every driver supports what its adapter reports, so use the fastest provider that can run the model.
    const [first, ...others] = (await providers()).map((provider) => async () => {
      await unpackRuntime(provider, progress);
      const runtime = { provider, threads: usualThreads() };
      return open(openDetector(weights, runtime), { ...runtime, backbone, checkpoint });
    });
    current = await others.reduce((before, next) => before.catch(next), first());
  },

  /** Switches to other prompts; without a checkpoint to the bundled ones, else zero-shot. */
  async use(checkpoint: File | undefined): Promise<EngineDescription> {
    const { model, detector, fer } = opened();
    current = await open(detector, { ...model.runtime, backbone: model.backbone, checkpoint });
    live = undefined;
    await fer.dispose();
    return describe(current);
  },

  /** Writes the classifier of these prompts as one ONNX file. Throws CHECKPOINT if they belong to another backbone. */
  async exportOnnx(checkpoint: File): Promise<Blob> {
    const { backbone, runtime } = opened().model;
    const { bytes } = await classifierModel(await openModel({ ...runtime, backbone, checkpoint }));
    return new Blob([bytes.slice()]);
  },

  describe: (): Promise<EngineDescription> => describe(opened()),

  /** Predicts the faces of a picture, and caches it for `explain` if it has an id. */
  async predict({ picture, id }: CachedPicture): Promise<readonly FacePrediction[]> {
    const { fer } = opened();
    const prepared = await fer.prepare(picture);
    const [faces] = await fer.classify([prepared]);
    if (id !== undefined) pictures.keep(id, prepared);
    return faces;
  },

  /** Starts to read a camera again; faces are numbered from 1. */
  watch(): void {
    live = new LiveFaces(opened().fer);
  },

  /** Reads a frame of the camera at a time in seconds, with the prompts that answer now. */
  async readFrame(frame: CameraFrame, time: number): Promise<readonly TrackedFace[]> {
    live ??= new LiveFaces(opened().fer);
    try {
      return await live.read(await frames.read(frame), time);
    } finally {
      frame.close();
    }
  },

  /** What the camera's reader has done so far. */
  cameraWork: (): LiveWork | undefined => live?.work,

  async explain({ picture, id }: CachedPicture, face: number, target: string): Promise<PlainExplanation> {
    const { fer } = opened();
    const cached = id === undefined ? undefined : pictures.get(id);
    const found = await fer.explain(cached ?? (await fer.prepare(picture)), face, target);
    return plainExplanation(found, dataUrl);
  },

  forget: (id: number): void => pictures.forget(id),

  /** Crops the aligned faces of a picture, as PNG; the whole picture if no face is found. */
  async cutFaces(picture: Blob): Promise<{ readonly faces: readonly Blob[]; readonly found: boolean }> {
    const image = await decodeBrowserImage(picture);
    const { faces } = await opened().fer.prepare(image);
    const cut = faces.flatMap(({ landmarks }) => (landmarks === undefined ? [] : [alignFace(image, { landmarks })]));
    return { faces: await Promise.all((cut.length > 0 ? cut : [image]).map(encodePng)), found: cut.length > 0 };
  },

  async teach(fewShotSet: EncodedFewShotSet, onProgress: (progress: TeachingProgress) => void): Promise<FewShotResult> {
    const { classes, seed, epochs } = fewShotSet;
    const faces = await Promise.all(
      fewShotSet.faces.map(async ({ label, picture }) => ({ label, image: await decodeBrowserImage(picture) })),
    );
    const { backbone, runtime } = opened().model;
    teaching = new AbortController();
    let accuracy: number | undefined;
    return await teach(
      backbone,
      { classes, faces, seed },
      {
        ...{ runtime, epochs },
        onStep: ({ step, steps, losses }) => onProgress({ step, steps, epochs, loss: losses.L_total, accuracy }),
        onEpoch: ({ validation }) => {
          accuracy = validation?.accuracy;
        },
      },
      { signal: teaching.signal },
    );
  },

  /** Stops the training after the current step. */
  stop: (): void => teaching?.abort(),
};

export type ModelWorker = typeof modelWorker;

function opened(): Opened {
  if (current === undefined) throw new Error("the model is not loaded yet");
  return current;
}

/** Opens the model. Throws CHECKPOINT if the prompts belong to another backbone. */
async function open(detector: FaceDetector, options: ModelOptions): Promise<Opened> {
  const model = await openModel(options);
  const lent = { ...detector, dispose: async () => undefined };
  return { model, detector, fer: await ExpressionRecognizer.over(model, lent) };
}

async function describe({ model: { description, runtime }, fer: { unsureBelow } }: Opened): Promise<EngineDescription> {
  const adapter = runtime.provider === "webgpu" ? await graphicsAdapter() : undefined;
  const threads = runtime.threads === 1 ? "1 thread" : `${runtime.threads} threads`;
  const runsOn = adapter === undefined ? `WebAssembly with SIMD, ${threads}` : `WebGPU on ${adapterName(adapter)}`;
  return { ...description, runsOn, ...(adapter !== undefined && { adapter }), unsureBelow };
}

/** Combines the progress of several files into one number of bytes. */
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
