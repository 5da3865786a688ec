/** Expression recognition in Node, with sharp and onnxruntime-node. */
import { openModel } from "../method/model.node.ts";
import type { Model } from "../method/model.ts";
import { decodeNodeImage, type NodeImage } from "../pictures/decode.node.ts";
import type { RunContext } from "../platform/context.ts";
import { parseOptions } from "../platform/options/parse.ts";
import { openDetector } from "./detector.node.ts";
import { type RecognizerConfig, recognizerSchema } from "./options.node.ts";
import { type FaceReadingOptions, modelParts, Recognizer } from "./recognizer.ts";

/** Model and detector options, as of `mpa-fer predict`; all have defaults. */
export interface RecognizerOptions extends FaceReadingOptions {
  /** folder in the Hugging Face layout, hub model, or name of a bundled backbone; default `faceclip-mini` */
  readonly backbone?: string | undefined;
  /** checkpoint file; default the backbone's own prompts, else zero-shot */
  readonly checkpoint?: string | undefined;
  /** classify with the hard prompts if no checkpoint is given; default false */
  readonly zeroShot?: boolean | undefined;
  /** false reads each face once, where the prompts ask for a mirrored read as well; default true */
  readonly flip?: boolean | undefined;
  /** 1: a photo of; 2: with the task named; 3 (default): with descriptions */
  readonly hardPrompt?: 1 | 2 | 3 | undefined;
  /** hard prompt of every class instead, such as "a photo of a {class}, a type of bird"; `{description}` takes the phrases */
  readonly template?: string | undefined;
  /** JSON file of class → phrases; default the bundled descriptions */
  readonly descriptions?: string | undefined;
  /** side in pixels of the smallest face to detect; the default depends on the image size */
  readonly smallestFace?: number | undefined;
  /** minimum confidence of a detection, 0 to 1; default 0.35 */
  readonly faceScore?: number | undefined;
  /** faces per batch; default 32 */
  readonly batchSize?: number | undefined;
  /** numeric precision of the frozen encoders; default `fp32` */
  readonly precision?: "fp32" | "fp32-strassen" | "fp16" | "int8" | undefined;
  /** execution provider of ONNX Runtime; default `cpu` */
  readonly provider?: string | undefined;
  /** default: one per core */
  readonly threads?: number | undefined;
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
