/** Soft-hard prompt alignment (Eq. 1–4): each hard prompt should find its own class's soft prompt. */
import { logSoftmax, matmul, mul, reduceSum, scale } from "../graph/ops/index.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import type { LossTerm } from "./lossTerm.ts";

/** L_ta (Eq. 1–2), of token embeddings. */
export const tokenAlignmentTerm: LossTerm = {
  name: "L_ta",
  weight: ({ beta }) => beta,
  ofTexts: ({ soft, hard }, { tau }) => hard && alignmentLoss(soft.token, hard.token, tau),
};

/** L_pa (Eq. 3), of prompt features. */
export const promptAlignmentTerm: LossTerm = {
  name: "L_pa",
  weight: ({ beta }) => beta,
  ofTexts: ({ soft, hard }, { tau }) => hard && alignmentLoss(soft.prompt, hard.prompt, tau),
};

/**
 * mean over d of −log( exp(S[d,d]/τ) / Σ_c exp(S[c,d]/τ) ) with S[c,d] = soft_c · hard_d, both normalised, [C, width].
 * A scalar.
 */
export function alignmentLoss(soft: Tensor, hard: Tensor, tau: number): Tensor {
  const [classes] = soft.shape;
  // Row d holds S[·, d], so the softmax over the last axis runs over the soft prompts c.
  const similarity = matmul(hard, soft, { transB: true, alpha: 1 / tau });
  return scale(reduceSum(mul(logSoftmax(similarity), identity(classes)), [0, 1]), -1 / classes);
}

function identity(size: number): Tensor {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return constant(values, [size, size]);
}
