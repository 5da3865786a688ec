/** Expression recognition in the browser, with canvas and onnxruntime-web. */

import type { Model } from "../method/model.ts";
import { folderUrl, type ModelOptions, modelOptionNames, openModel } from "../method/model.web.ts";
import { type BrowserImage, decodeBrowserImage } from "../pictures/decode.web.ts";
import type { RunContext } from "../platform/context.ts";
import { checkOptionNames } from "../platform/options/parse.ts";
import type { FaceDetector } from "./detector.ts";
import { fetchDetectorWeights, openDetector } from "./detector.web.ts";
import { type FaceReadingOptions, modelParts, Recognizer } from "./recognizer.ts";

/** Model and detector options; all have defaults. */
export interface RecognizerOptions extends ModelOptions, FaceReadingOptions {
  /** faces per batch; default 8 */
  readonly batchSize?: number;
  /** side in pixels of the smallest face to detect; the default depends on the image size */
  readonly smallestFace?: number;
  /** minimum confidence of a detection, 0 to 1; default 0.35 */
  readonly faceScore?: number;
}

const recognizerOptionNames = [...modelOptionNames, "batchSize", "smallestFace", "faceScore", "careful", "unsureBelow"];

/**
 * Recognizes the expressions of all faces in an image, entirely in the browser:
 * `using fer = await ExpressionRecognizer.load(); const faces = await fer.predict(video)`.
 * WebAssembly computes on the calling thread; load it in a Worker to keep the page responsive.
 */
export class ExpressionRecognizer extends Recognizer<BrowserImage> {
  /** Loads backbone, prompts and detector. Throws the errors of `openModel`. */
  static async load(options: RecognizerOptions = {}, context: RunContext = {}): Promise<ExpressionRecognizer> {
    checkOptionNames("ExpressionRecognizer.load", recognizerOptionNames, options, "RecognizerOptions");
    const { batchSize = 8, smallestFace, faceScore, careful, unsureBelow, ...modelOptions } = options;
    const model = await openModel(modelOptions, context);
    const weights = await fetchDetectorWeights(folderUrl(options.models), context);
    return ExpressionRecognizer.over(
      model,
      openDetector(weights, { ...model.runtime, smallestFace, faceScore }),
      batchSize,
      { careful, unsureBelow },
    );
  }

  /**
   * Creates a recognizer from an open model and detector, and takes ownership of the detector.
   *
   * @internal
   */
  static async over(
    model: Model,
    detector: FaceDetector,
    batchSize = 8,
    reading: FaceReadingOptions = {},
  ): Promise<ExpressionRecognizer> {
    const parts = await modelParts(model, batchSize, reading);
    return new ExpressionRecognizer({ ...parts, detector, decode: decodeBrowserImage });
  }
}
