/** An explanation in plain values: as JSON, between threads and between processes. */

import type { RgbImage } from "../../pictures/image.ts";
import type { FaceExplanation } from "./explainer.ts";
import type { HeatMap } from "./saliency.ts";

/** One value a pixel or patch, row after row. */
export interface PlainMap {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** What speaks for one class in one face. */
export interface PlainExplanation {
  /** the face as the tower sees it, as a data URL */
  readonly face: string;
  /** Z_i·θ_c of every patch (docs/method.md, Eq. 9) */
  readonly similarity: PlainMap;
  /** the patches that speak most for the class, best first */
  readonly patches: readonly number[];
  /** |∂logit/∂pixel| (paper, Figure 3) */
  readonly saliency: PlainMap;
}

/** The part of an explanation that is about its target class; `encode` makes a data URL of the face. */
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
