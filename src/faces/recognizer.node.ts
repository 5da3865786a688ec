/** The recognizer for Node: files, sharp and onnxruntime-node behind the interface that the browser shares. */
import { openModel } from "../method/model.node.ts";
import type { Model } from "../method/model.ts";
import { decodeNodeImage, type NodeImage } from "../pictures/decode.node.ts";
import type { RunContext } from "../platform/context.ts";
import { parseOptions } from "../platform/options/parse.ts";
import { openDetector } from "./detector.node.ts";
import { type RecognizerConfig, recognizerSchema } from "./options.node.ts";
import { modelParts, Recognizer } from "./recognizer.ts";

/** The options of `mpa-fer predict` that say which model answers and what counts as a face; all may be left out. */
export interface RecognizerOptions {
  /** folder in the Hugging Face layout, model on its hub, or one in the package; default `faceclip-mini` */
  readonly backbone?: string | undefined;
  /** trained prompts; default those that come with the backbone, else zero-shot */
  readonly checkpoint?: string | undefined;
  /** let the hard prompts classify where no checkpoint is named; default false */
  readonly zeroShot?: boolean | undefined;
  /** 1: a photo of; 2: with the task named; 3 (default): with descriptions */
  readonly hardPrompt?: 1 | 2 | 3 | undefined;
  /** JSON file of class → phrases; default the package's */
  readonly descriptions?: string | undefined;
  /** pixels of the smallest face to look for; the default depends on the picture's size */
  readonly smallestFace?: number | undefined;
  /** least score of the detector, 0 to 1; default 0.35 */
  readonly faceScore?: number | undefined;
  /** faces at a time; default 32 */
  readonly batchSize?: number | undefined;
  /** arithmetic of the frozen towers; default `fp32` */
  readonly precision?: "fp32" | "fp32-strassen" | "int8" | undefined;
  /** execution provider of ONNX Runtime; default `cpu` */
  readonly provider?: string | undefined;
  /** default: one a core */
  readonly threads?: number | undefined;
}

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
    const config = parseOptions("ExpressionRecognizer.load", recognizerSchema, options, "RecognizerOptions");
    return ExpressionRecognizer.over(await openModel(config, context), config, how);
  }

  /**
   * The same over a model that is open already; `soon: false` for very many pictures.
   *
   * @internal
   */
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
