/** The recognizer for browsers: canvas and onnxruntime-web behind the interface that Node shares. */

import type { Model } from "../method/model.ts";
import { folderUrl, type ModelOptions, modelOptionNames, openModel } from "../method/model.web.ts";
import { type BrowserImage, decodeBrowserImage } from "../pictures/decode.web.ts";
import type { RunContext } from "../platform/context.ts";
import { checkOptionNames } from "../platform/options/parse.ts";
import type { FaceDetector } from "./detector.ts";
import { fetchDetectorWeights, openDetector } from "./detector.web.ts";
import { modelParts, Recognizer } from "./recognizer.ts";

/** Which model answers, where it lies, and what counts as a face; all may be left out. */
export interface RecognizerOptions extends ModelOptions {
  /** faces at a time */
  readonly batchSize?: number;
  /** pixels of the smallest face to look for */
  readonly smallestFace?: number;
  /** how sure the detector has to be of a face */
  readonly faceScore?: number;
}

const recognizerOptionNames = [...modelOptionNames, "batchSize", "smallestFace", "faceScore"];

/**
 * Finds faces and reads their expressions; no picture leaves the browser:
 * `using fer = await ExpressionRecognizer.load(); const faces = await fer.predict(video)`.
 * WebAssembly computes on the calling thread, so a page that has to stay fluent loads it in a Worker.
 */
export class ExpressionRecognizer extends Recognizer<BrowserImage> {
  /** Loads backbone, prompts and detector once. Throws as `openModel` does. */
  static async load(options: RecognizerOptions = {}, context: RunContext = {}): Promise<ExpressionRecognizer> {
    checkOptionNames("ExpressionRecognizer.load", recognizerOptionNames, options, "RecognizerOptions");
    const { batchSize, smallestFace, faceScore, ...modelOptions } = options;
    const model = await openModel(modelOptions, context);
    const weights = await fetchDetectorWeights(folderUrl(options.models), context);
    return ExpressionRecognizer.over(
      model,
      openDetector(weights, { ...model.runtime, smallestFace, faceScore }),
      batchSize,
    );
  }

  /**
   * The same over a model and a detector that are open already; the detector is disposed of with it.
   *
   * @internal
   */
  static async over(model: Model, detector: FaceDetector, batchSize = 8): Promise<ExpressionRecognizer> {
    return new ExpressionRecognizer({ ...(await modelParts(model, batchSize)), detector, decode: decodeBrowserImage });
  }
}
