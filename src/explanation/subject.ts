/** What is explained: a frozen CLIP and what one model adds to it. Nothing here or beside it needs Node. */

import type { TensorData } from "../graph/tensor.ts";
import type { Clip } from "../model/clip.ts";
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";

/** A frozen CLIP and what one model adds to it: its logits are functions of these and the pixels. */
export interface Subject {
  readonly clip: Clip;
  readonly preprocess: ClipPreprocess;
  /** in the order of the logits */
  readonly classes: readonly string[];
  /** θ: [C, E], normalised */
  readonly theta: TensorData;
  /** p: [K, P, V]; absent where the model has none */
  readonly visionPrompts?: TensorData;
  /** k of Eq. 9; 0: the logits are of the global feature alone */
  readonly localTopK: number;
}

/** One value a pixel or patch, row after row. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly data: Float32Array;
}
