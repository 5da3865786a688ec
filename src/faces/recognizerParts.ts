/** Components of a recognizer, and those of them that a model opens. */
import type { ClipPreprocess } from "../clip/preprocess.ts";
import type { Classifier } from "../method/classifier.ts";
import type { Explainer } from "../method/explain/explainer.ts";
import type { Model, ModelDescription } from "../method/model.ts";
import type { RgbImage } from "../pictures/image.ts";
import type { FaceDetector } from "./detector.ts";

/** How faces are read. */
export interface FaceReadingOptions {
  /** read each face in five crops, each also mirrored, and average the logits; default false */
  readonly careful?: boolean | undefined;
  /** least probability of a label with `confident: true`; default 0.5 */
  readonly unsureBelow?: number | undefined;
}

/** Components of a recognizer. */
export interface RecognizerParts<Image> extends FaceReadingOptions {
  readonly model: ModelDescription;
  readonly preprocess: ClipPreprocess;
  readonly classifier: Classifier;
  readonly detector: FaceDetector;
  /** Decodes an image to upright sRGB pixels. Throws IMAGE. */
  decode(image: Image, signal?: AbortSignal): Promise<RgbImage>;
  /** Called for the first explanation; without it `explain` throws USAGE. */
  openExplainer?(): Promise<Explainer>;
}

/** Creates the model-dependent components; `batch` and `soon` are those of `Model.open`. */
export async function modelParts(
  model: Model,
  batch: number,
  how: FaceReadingOptions & { readonly soon?: boolean } = {},
): Promise<Omit<RecognizerParts<unknown>, "detector" | "decode">> {
  const { soon = false, careful = false, unsureBelow } = how;
  return {
    ...{ model: model.description, preprocess: model.preprocess, careful, unsureBelow },
    classifier: await model.open(batch, { soon, ...(careful && { flip: true }) }),
    openExplainer: () => model.openExplainer(),
  };
}
