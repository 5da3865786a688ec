/** The detector in a browser, with the weights that a web server holds. */
import { fetchBytes } from "../clip/backbone.web.ts";
import { openSession } from "../graph/runtime/session.web.ts";
import type { RunContext } from "../platform/context.ts";
import { createFaceDetector, type DetectorConfig, type FaceDetector } from "./detector.ts";

/** The content of the package's `centerface/model.onnx`, from the folder of models at `models`. Throws NETWORK, NOT_FOUND. */
export const fetchDetectorWeights = (models: URL, context: RunContext = {}): Promise<Uint8Array<ArrayBuffer>> =>
  fetchBytes(new URL("centerface/model.onnx", models), context);

/** Dispose of it when done. */
export const openDetector = (
  model: Uint8Array,
  { threads, provider, smallestFace, faceScore }: DetectorConfig,
): FaceDetector =>
  createFaceDetector({
    ...{ model, openSession, session: { threads, provider } },
    ...{ smallestFace, minScore: faceScore },
  });
