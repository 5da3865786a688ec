/** L_total = L_vt + β·(L_ta + L_pa) + γ·L_v (Eq. 12). A term whose weight is 0 is not built. */
import { add, gatherRows, mul, scale } from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
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

export interface LossInputs {
  /** [B, C] */
  readonly logits: Tensor;
  /** [B, C], one-hot or a distribution */
  readonly target: Tensor;
  /** [B, 1], summing to 1 over the whole batch; 0 for places that hold no image */
  readonly weight: Tensor;
  /** g: [B, E] */
  readonly global: Tensor;
  readonly soft: TextFeatures;
  /** of the hard prompts; needed when β > 0 */
  readonly hard?: TextFeatures;
  /** the batch's share of the text terms, a scalar: 1, or 0 for all micro-batches but one */
  readonly textShare: Tensor;
  /** p [C, E] and the images' own classes [B], int64; needed when γ > 0 */
  readonly prototypes?: { readonly values: Tensor; readonly labels: Tensor };
}

/** Loss terms by their names in METHOD.md, and their sum. Each is a scalar. */
export type LossTerms = Readonly<Record<string, Tensor>> & { readonly L_total: Tensor };

export function totalLoss(inputs: LossInputs, options: LossOptions): LossTerms {
  const { hard, soft, prototypes, textShare, weight } = inputs;
  const { beta, gamma, tau } = options;
  const terms: Record<string, Tensor> = { L_vt: imageTextLoss(inputs.logits, inputs.target, weight) };
  let total = terms.L_vt;
  if (beta !== 0 && hard !== undefined) {
    terms.L_ta = mul(alignmentLoss(soft.token, hard.token, tau), textShare);
    terms.L_pa = mul(alignmentLoss(soft.prompt, hard.prompt, tau), textShare);
    total = add(total, scale(add(terms.L_ta, terms.L_pa), beta));
  }
  if (gamma !== 0 && prototypes !== undefined) {
    const own = gatherRows(prototypes.values, prototypes.labels);
    terms.L_v = prototypeLoss(inputs.global, own, weight, options.prototypeLoss);
    total = add(total, scale(terms.L_v, gamma));
  }
  return { ...terms, L_total: total };
}
