/** Face detection in Node with the bundled weights. */
import { readFile } from "node:fs/promises";
import { openSession } from "../graph/runtime/session.node.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { packageFile } from "../platform/package.node.ts";
import { createFaceDetector, type DetectorConfig, type FaceDetector } from "./detector.ts";

/** Opens a detector. Dispose of it when done. Throws NOT_FOUND if the bundled weights are missing. */
export async function openDetector({
  threads,
  provider,
  smallestFace,
  faceScore,
}: DetectorConfig = {}): Promise<FaceDetector> {
  const model = await readWeights(packageFile("models/centerface/model.onnx"));
  return createFaceDetector({
    ...{ model, openSession, session: { threads, provider } },
    ...{ smallestFace, minScore: faceScore },
  });
}

async function readWeights(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const what = `cannot read the detector (${messageOf(cause)})`;
    throw new MpaError("NOT_FOUND", what, { where: file, fix: "install again", cause });
  }
}
