/** The recognizer for Node: files, sharp and onnxruntime-node behind the interface that the browser shares. */
import type { z } from "zod";
import { openModel } from "../method/model.node.ts";
import type { Model } from "../method/model.ts";
import { decodeNodeImage, type NodeImage } from "../pictures/decode.node.ts";
import type { RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { openDetector } from "./detector.node.ts";
import { type RecognizerConfig, recognizerOptions } from "./options.node.ts";
import { modelParts, Recognizer } from "./recognizer.ts";

/** The options of `mpa-fer predict` that say which model answers and what counts as a face; all may be left out. */
export type RecognizerOptions = z.input<typeof recognizerOptions>;

/**
 * Finds faces and reads their expressions:
 * `using fer = await ExpressionRecognizer.load(); const faces = await fer.predict("photo.jpg")`.
 */
export class ExpressionRecognizer extends Recognizer<NodeImage> {
  /** Loads backbone, prompts and detector once. `how` as of `over`. Throws USAGE for options that do not fit, and as `openModel` does. */
  static async load(
    options: RecognizerOptions = {},
    context: RunContext = {},
    how?: { readonly soon: boolean },
  ): Promise<ExpressionRecognizer> {
    const config = parseRecognizerOptions(options);
    return ExpressionRecognizer.over(await openModel(config, context), config, how);
  }

  /** The same over a model that is open already; `soon: false` for very many pictures. */
  static async over(
    model: Model,
    { batchSize, smallestFace, faceScore }: Pick<RecognizerConfig, "batchSize" | "smallestFace" | "faceScore">,
    how = { soon: true },
  ): Promise<ExpressionRecognizer> {
    const parts = await modelParts(model, batchSize, how);
    const detector = await openDetector({ ...model.runtime, smallestFace, faceScore });
    return new ExpressionRecognizer({ ...parts, detector, decode: decodeNodeImage });
  }
}

/** The options with their defaults. Throws USAGE. */
function parseRecognizerOptions(options: RecognizerOptions): RecognizerConfig {
  const result = recognizerOptions.safeParse(options);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new MpaError("USAGE", `${path.join(".") || "the options"}: ${message}`, { fix: "see RecognizerOptions" });
}
