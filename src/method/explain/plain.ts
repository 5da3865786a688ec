/** Serializable explanations, for JSON and for messages between threads or processes. */

import type { RgbImage } from "../../pictures/image.ts";
import type { FaceExplanation } from "./explainer.ts";
import type { HeatMap } from "./saliency.ts";

/** One value per pixel or patch, row-major. */
export interface PlainMap {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** The explanation of one class for one face. */
export interface PlainExplanation {
  /** the input of the image encoder as a data URL */
  readonly face: string;
  /** Z_i·θ_c of every patch (docs/method.md, Eq. 9) */
  readonly similarity: PlainMap;
  /** indices of the patches most similar to the class, in descending order */
  readonly patches: readonly number[];
  /** |∂logit/∂pixel| (paper, Figure 3) */
  readonly saliency: PlainMap;
}

/** Serializes an explanation of its target class; `encode` returns the face as a data URL. */
export async function plainExplanation(
  { face, target, similarity, patches, saliency }: FaceExplanation,
  encode: (face: RgbImage) => Promise<string>,
): Promise<PlainExplanation> {
  return {
    face: await encode(face),
    similarity: plainMap(similarity[target]),
    patches: [...patches[target].indices],
    saliency: plainMap(saliency),
  };
}

const plainMap = ({ width, height, data }: HeatMap): PlainMap => ({ width, height, data: [...data] });
