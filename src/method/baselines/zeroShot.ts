/** Zero-shot classification with hard prompts (Radford et al. 2021, section 3.1.2). */
import { matmul, scale } from "../../graph/ops/index.ts";
import { constant, type Tensor, type TensorData } from "../../graph/tensor.ts";
import type { Baseline } from "./baseline.ts";

/** Logits s·(g·θ), [B,C], of features g [B,E] and class texts θ [C,E]; s is CLIP's logit scale. */
export const zeroShotLogits = (global: Tensor, theta: TensorData, logitScale: number): Tensor =>
  scale(matmul(global, constant(theta.data, theta.shape), { transB: true }), logitScale);

export const zeroShot: Baseline = {
  name: "zero-shot",
  learn: async ({ backbone, theta }) => ({
    tensors: { theta },
    settings: { scale: backbone.clip.scale },
    parameters: 0,
  }),
  logits: ({ tensors, settings }, global) => zeroShotLogits(global, tensors.theta, settings.scale),
};
