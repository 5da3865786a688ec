/** One term of L_total: what it weighs, and how it is built from what a training step has. */
import type { Tensor } from "../graph/tensor.ts";
import type { TextFeatures } from "../model/mpaFer.ts";
import type { MatchingLoss } from "./prototype.ts";

/** Weights and temperatures of the loss (Eq. 12). */
export interface LossOptions {
  readonly beta: number;
  readonly gamma: number;
  readonly prototypeLoss: MatchingLoss;
  readonly tau: number;
  /** weights of terms that have no option of their own, by their names */
  readonly extra?: Readonly<Record<string, number>>;
}

/** What a term of images may be built from. */
export interface ImageLossInputs {
  /** [B, C] */
  readonly logits: Tensor;
  /** [B, C], one-hot or a distribution */
  readonly target: Tensor;
  /** [B, 1], summing to 1 over the whole batch; 0 for places that hold no image */
  readonly weight: Tensor;
  /** g, normalised: [B, E] */
  readonly global: Tensor;
  /** Z, normalised: [B, N, E]; where there is local alignment */
  readonly local?: Tensor;
  /** θ of the soft prompts, normalised: [C, E] */
  readonly theta: Tensor;
  /** p [C, E] and the images' own classes [B], int64; where γ > 0 */
  readonly prototypes?: { readonly values: Tensor; readonly labels: Tensor };
}

/** What a term of prompts may be built from. */
export interface TextLossInputs {
  readonly soft: TextFeatures;
  /** of the hard prompts; where β > 0 */
  readonly hard?: TextFeatures;
}

/**
 * A term of the loss, a scalar: of images or of texts. A batch may run in parts, whose values and gradients are added up, so a
 * term of images has to be a sum over images of `weight` times a value of the image alone.
 */
export interface LossTerm {
  /** `L_…`, its name in records */
  readonly name: string;
  /** what it counts in L_total; 0: it is not built. Without it that is what `--loss-term NAME=WEIGHT` says, else 0. */
  weight?(options: LossOptions): number;
  /** undefined where the step lacks what it is made of */
  ofImages?(inputs: ImageLossInputs, options: LossOptions): Tensor | undefined;
  /** undefined where the step lacks what it is made of */
  ofTexts?(inputs: TextLossInputs, options: LossOptions): Tensor | undefined;
}
