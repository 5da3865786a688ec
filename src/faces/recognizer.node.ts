/** Expression recognition in Node, with sharp and onnxruntime-node. */
import { openModel } from "../method/model.node.ts";
import type { Model } from "../method/model.ts";
import { decodeNodeImage, type NodeImage } from "../pictures/decode.node.ts";
import type { RunContext } from "../platform/context.ts";
import { parseOptions } from "../platform/options/parse.ts";
import { openDetector } from "./detector.node.ts";
import type { FaceOptions, PromptsOptions, RuntimeOptions } from "./modelOptions.ts";
import { type RecognizerConfig, recognizerSchema } from "./options.node.ts";
import { type FaceReadingOptions, modelParts, Recognizer } from "./recognizer.ts";

/** Model and detector options, as of `mpa-fer predict`; all have defaults. */
export interface RecognizerOptions extends FaceOptions, FaceReadingOptions, PromptsOptions, RuntimeOptions {
  /** faces per batch; default 32 */
  readonly batchSize?: number | undefined;
}

/**
 * Recognizer of the expressions of all faces in an image.
 *
 * @example
 * ```ts
 * await using fer = await ExpressionRecognizer.load();
 * for (const { box, label, score } of await fer.predict("photo.jpg")) console.log(box, label, score);
 * ```
 */
export class ExpressionRecognizer extends Recognizer<NodeImage> {
  /** Loads backbone, prompts and detector; `how` is that of `over`. Throws USAGE for invalid options, and the errors of `openModel`. */
  static async load(
    options: RecognizerOptions = {},
    context: RunContext = {},
    how?: { readonly soon: boolean },
  ): Promise<ExpressionRecognizer> {
    const config = parseOptions("ExpressionRecognizer.load", recognizerSchema, options, "RecognizerOptions");
    return ExpressionRecognizer.over(await openModel(config, context), config, how);
  }

  /**
   * Creates a recognizer from an open model. `soon: false` optimises for throughput on many images.
   *
   * @internal
   */
  static async over(
    model: Model,
    {
      batchSize,
      smallestFace,
      faceScore,
      careful,
      unsureBelow,
    }: Pick<RecognizerConfig, "batchSize" | "smallestFace" | "faceScore" | "careful" | "unsureBelow">,
    how = { soon: true },
  ): Promise<ExpressionRecognizer> {
    const parts = await modelParts(model, batchSize, { ...how, careful, unsureBelow });
    const detector = await openDetector({ ...model.runtime, smallestFace, faceScore });
    return new ExpressionRecognizer({ ...parts, detector, decode: decodeNodeImage });
  }
}
