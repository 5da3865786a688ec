/** Face detection in Node with the bundled weights. */
import { readFile } from "node:fs/promises";
import { openSession } from "../graph/runtime/session.node.ts";
import { choosePoolSize } from "../graph/runtime/session.ts";
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
    ...{ model, openSession, session: { threads, provider, poolSize: poolSizeOf(threads, provider) } },
    ...{ smallestFace, minScore: faceScore },
  });
}

/**
 * Two sessions share an even number of threads, so that two pictures, or two parts of a large one, are looked at side by side: threads
 * inside one small picture mostly wait for each other.
 */
const poolSizeOf = (threads = 1, provider = "cpu"): number => choosePoolSize({ threads, provider }, 2);

async function readWeights(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const what = `cannot read the detector (${messageOf(cause)})`;
    throw new MpaError("NOT_FOUND", what, { where: file, fix: "install again", cause });
  }
}
