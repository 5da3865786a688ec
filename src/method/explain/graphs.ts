/** Graphs of an explanation: class evidence of the patches, and the gradient of a logit with respect to pixels. */

import { isHalf } from "../../clip/clip.ts";
import type { ImageFeatures } from "../../clip/imageTower.ts";
import { matmul, mul, reduceSum, reshape, softmax, transpose } from "../../graph/ops/index.ts";
import { constant, input, scalar, type Tensor } from "../../graph/tensor.ts";
import { answerLogits, type Outputs, pixelInput, scaledGradient } from "../graphs.ts";
import { imageFeatures } from "../mpaFer.ts";
import type { PromptedModel } from "../promptedModel.ts";

/**
 * pixels [1,3,S,S] → `logits` and `probabilities` [1,C], and `similarity` [C,N], the Z_i·θ_c of every patch. The similarities
 * are also computed for models without local alignment, whose logits do not depend on them.
 */
export function evidenceGraph(model: PromptedModel): Outputs {
  const { clip, topK } = model;
  const theta = constant(model.theta.data, model.theta.shape);
  // The image encoder computes Z for any k above 0.
  const pixels = pixelInput(clip, 1);
  const image = featuresOf(model, pixels, Math.max(1, topK));
  const scores = answerLogits(model, pixels);
  const evidence = { logits: scores, probabilities: softmax(scores) };
  if (image.local === undefined) return evidence;
  const [, patches, width] = image.local.shape;
  const similarity = matmul(reshape(image.local, [patches, width]), theta, { transB: true });
  return { ...evidence, similarity: transpose(similarity, [1, 0]) };
}

/**
 * pixels [B,3,S,S] and `target` [B,C] → `gradient` [B,3,S,S]: ∂(Σ_c target_c · logit_c)/∂pixels of each image; a one-hot
 * target selects one logit (paper, Figure 3). The k patches of local alignment are those selected in the forward pass.
 */
export function saliencyGraph(model: PromptedModel, batch: number): Outputs {
  const { clip, classes } = model;
  const pixels = pixelInput(clip, batch);
  const scores = answerLogits(model, pixels);
  const wanted = mul(scores, input("target", [batch, classes.length]));
  // The images of a batch are independent, so the gradient of the sum contains each image's gradient.
  const factor = isHalf(clip) ? scalar(gradientScale) : undefined;
  const [grad] = scaledGradient(reduceSum(wanted, [0, 1]), [pixels], factor);
  return { gradient: grad };
}

/** Factor of the gradients of a logit in half precision: the logits' own scale is about 100, far from an overflow. */
const gradientScale = 2 ** 6;

function featuresOf({ clip, visionPrompts }: PromptedModel, pixels: Tensor, local: number): ImageFeatures {
  return imageFeatures(clip, pixels, visionPrompts && constant(visionPrompts.data, visionPrompts.shape), local);
}
