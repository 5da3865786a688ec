/** L_v (Eq. 7): prompted global features stay near the frozen prototype of their own class. */
import { abs, gatherRows, mul, reduceMean, reduceSum, sub } from "../graph/ops/index.ts";
import { scalar, type Tensor } from "../graph/tensor.ts";
import type { LossTerm } from "./lossTerm.ts";

/** M of Eq. 7 between normalised g and p of the images' own classes, both [B,E]: a distance an image, [B,1]. */
export const matchingLosses = {
  /** 1 − g·p */
  cosine: (g: Tensor, p: Tensor): Tensor => sub(scalar(1), reduceSum(mul(g, p), [-1], true)),
  /** mean over E of |g − p| */
  l1: (g: Tensor, p: Tensor): Tensor => reduceMean(abs(sub(g, p)), [-1], true),
} as const;

export type MatchingLoss = keyof typeof matchingLosses;

/** Σ_b w_b M(g_b, p_b); g and p [B,E], weight [B,1]. A scalar. */
export const prototypeLoss = (g: Tensor, p: Tensor, weight: Tensor, kind: MatchingLoss): Tensor =>
  reduceSum(mul(matchingLosses[kind](g, p), weight), [0, 1]);

export const prototypeTerm: LossTerm = {
  name: "L_v",
  weight: ({ gamma }) => gamma,
  ofImages({ global, weight, prototypes }, options) {
    if (prototypes === undefined) return undefined;
    const own = gatherRows(prototypes.values, prototypes.labels);
    return prototypeLoss(global, own, weight, options.prototypeLoss);
  },
};
