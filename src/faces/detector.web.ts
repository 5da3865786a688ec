/** Face detection in the browser with weights from a web server. */
import { fetchBytes } from "../clip/backbone.web.ts";
import { openSession } from "../graph/runtime/session.web.ts";
import type { RunContext } from "../platform/context.ts";
import { createFaceDetector, type DetectorConfig, type FaceDetector } from "./detector.ts";

/** Fetches the weights, `centerface/model.onnx` in the folder `models`. Throws NETWORK, NOT_FOUND. */
export const fetchDetectorWeights = (models: URL, context: RunContext = {}): Promise<Uint8Array<ArrayBuffer>> =>
  fetchBytes(new URL("centerface/model.onnx", models), context);

/** Opens a detector. Dispose of it when done. */
export const openDetector = (
  model: Uint8Array,
  { threads, provider, smallestFace, faceScore }: DetectorConfig,
): FaceDetector =>
  createFaceDetector({
    ...{ model, openSession, session: { threads, provider } },
    ...{ smallestFace, minScore: faceScore },
  });
