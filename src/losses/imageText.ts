/** L_vt (Eq. 11): cross entropy between logits and targets, weighted by image. */
import { logSoftmax, mul, reduceSum, scale } from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LossTerm } from "./lossTerm.ts";

/** −Σ_b w_b Σ_c target[b,c]·log softmax(logits)[b,c]; logits and target [B,C], weight [B,1]. A scalar. */
export const imageTextLoss = (logits: Tensor, target: Tensor, weight: Tensor): Tensor =>
  scale(reduceSum(mul(mul(logSoftmax(logits), target), weight), [0, 1]), -1);

export const imageTextTerm: LossTerm = {
  name: "L_vt",
  weight: () => 1,
  ofImages: ({ logits, target, weight }) => imageTextLoss(logits, target, weight),
};
