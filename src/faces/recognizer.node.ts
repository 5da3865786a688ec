/** The recogniser for Node: files, sharp and onnxruntime-node behind the interface that the browser shares. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { z } from "zod";
import { openSession } from "../graph/runtime/session.node.ts";
import { openPredictor, type Predictor } from "../method/model.node.ts";
import { decodeNodeImage, type NodeImage } from "../pictures/decode.node.ts";
import type { RunContext } from "../platform/context.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { packageFile } from "../platform/package.node.ts";
import { createFaceDetector } from "./detector.ts";
import { type RecognizerConfig, recognizerOptions } from "./options.node.ts";
import { type ModelDescription, Recognizer } from "./recognizer.ts";

/* The detector's weights that come with the package. */

export const detectorFile = packageFile("models/centerface/model.onnx");

/** Throws NOT_FOUND. */
export async function readDetector(): Promise<Uint8Array> {
  try {
    return await readFile(detectorFile);
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read the detector (${messageOf(cause)})`, {
      where: detectorFile,
      fix: "install again",
      cause,
    });
  }
}

/** The options of `mpa-fer predict` that say which model answers and what counts as a face; all may be left out. */
export type RecognizerOptions = z.input<typeof recognizerOptions>;

/**
 * Finds faces and reads their expressions:
 * `using fer = await ExpressionRecognizer.load(); const faces = await fer.predict("photo.jpg")`.
 */
export class ExpressionRecognizer extends Recognizer<NodeImage> {
  /** Loads backbone, prompts and detector once. `how` as of `over`. Throws USAGE for options that do not fit, and as `openPredictor` does. */
  static async load(
    options: RecognizerOptions = {},
    context: RunContext = {},
    how?: { readonly soon: boolean },
  ): Promise<ExpressionRecognizer> {
    const config = parseRecognizerOptions(options);
    const predictor = await openPredictor({ ...config, adapted: !config.zeroShot }, context);
    return ExpressionRecognizer.over(predictor, config, how);
  }

  /** The same over a model that is open already; `soon: false` for very many pictures. */
  static async over(
    predictor: Predictor,
    config: RecognizerConfig,
    how = { soon: true },
  ): Promise<ExpressionRecognizer> {
    const { threads, provider, smallestFace, faceScore } = config;
    return new ExpressionRecognizer({
      model: describe(predictor),
      preprocess: predictor.backbone.preprocess,
      classifier: await predictor.open(config.batchSize, how),
      detector: createFaceDetector({
        model: await readDetector(),
        openSession,
        session: { threads, provider },
        smallestFace,
        minScore: faceScore,
      }),
      decode: decodeNodeImage,
    });
  }
}

const describe = ({ backbone, classes, file }: Predictor): ModelDescription => ({
  classes,
  backbone: { name: backbone.name, sha256: backbone.sha256 },
  ...(file !== undefined && { checkpoint: basename(file) }),
});

/** The options with their defaults. Throws USAGE. */
function parseRecognizerOptions(options: RecognizerOptions): RecognizerConfig {
  const result = recognizerOptions.safeParse(options);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new MpaError("USAGE", `${path.join(".") || "the options"}: ${message}`, { fix: "see RecognizerOptions" });
}
