/** L_total = L_vt + β·(L_ta + L_pa) + γ·L_v (Eq. 12). A term whose weight is 0 is not built. */
import { add, gatherRows, scale } from "../graph/ops/index.ts";
import { scalar, type Tensor } from "../graph/tensor.ts";
import type { TextFeatures } from "../model/mpaFer.ts";
import { imageTextLoss } from "./imageText.ts";
import { type MatchingLoss, prototypeLoss } from "./prototype.ts";
import { alignmentLoss } from "./softHard.ts";

export interface LossOptions {
  readonly beta: number;
  readonly gamma: number;
  readonly prototypeLoss: MatchingLoss;
  readonly tau: number;
}

export interface ImageLossInputs {
  /** [B, C] */
  readonly logits: Tensor;
  /** [B, C], one-hot or a distribution */
  readonly target: Tensor;
  /** [B, 1], summing to 1 over the whole batch; 0 for places that hold no image */
  readonly weight: Tensor;
  /** g: [B, E] */
  readonly global: Tensor;
  /** p [C, E] and the images' own classes [B], int64; needed when γ > 0 */
  readonly prototypes?: { readonly values: Tensor; readonly labels: Tensor };
}

/** Loss terms by their names in METHOD.md. Each is a scalar. */
export type LossTerms = Readonly<Record<string, Tensor>>;

/** What a term counts in L_total. */
const weights: Readonly<Record<string, (options: LossOptions) => number>> = {
  L_vt: () => 1,
  L_ta: ({ beta }) => beta,
  L_pa: ({ beta }) => beta,
  L_v: ({ gamma }) => gamma,
};

/** The terms that images have a part in: L_vt, and L_v where γ > 0. */
export function imageTerms(inputs: ImageLossInputs, options: LossOptions): LossTerms {
  const { prototypes, weight } = inputs;
  const L_vt = imageTextLoss(inputs.logits, inputs.target, weight);
  if (options.gamma === 0 || prototypes === undefined) return { L_vt };
  const own = gatherRows(prototypes.values, prototypes.labels);
  return { L_vt, L_v: prototypeLoss(inputs.global, own, weight, options.prototypeLoss) };
}

/** The terms of the prompts alone: L_ta and L_pa where β > 0; `hard` are the hard prompts' features. */
export function textTerms(soft: TextFeatures, hard: TextFeatures | undefined, { beta, tau }: LossOptions): LossTerms {
  if (beta === 0 || hard === undefined) return {};
  return { L_ta: alignmentLoss(soft.token, hard.token, tau), L_pa: alignmentLoss(soft.prompt, hard.prompt, tau) };
}

/** What the terms come to in L_total: a scalar, 0 without any. */
export const totalLoss = (terms: LossTerms, options: LossOptions): Tensor =>
  Object.entries(terms)
    .map(([name, term]) => scale(term, weights[name](options)))
    .reduce(add, scalar(0));

/** The same of values. */
export const totalOf = (terms: Readonly<Record<string, number>>, options: LossOptions): number =>
  Object.entries(terms).reduce((sum, [name, value]) => sum + weights[name](options) * value, 0);
