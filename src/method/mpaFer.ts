/**
 * Forward pass of MPA-FER (paper, Fig. 2): from prompts and pixels to features and logits. `prompts.ts` defines the trainable
 * tensors, `losses.ts` the losses, and `graphs.ts` combines them into training graphs.
 */

import { towersOf } from "../clip/architecture.ts";
import type { Clip } from "../clip/clip.ts";
import type { ImageFeatures } from "../clip/imageTower.ts";
import { embedTokens, meanTokenEmbedding, type TokenTable } from "../clip/textTower.ts";
import { add, div, matmul, reduceSum, reshape, scale, topK, transpose } from "../graph/ops/index.ts";
import { scalar, type Tensor } from "../graph/tensor.ts";

/** Normalised text features, one prompt per class. */
export interface TextFeatures {
  /** θ(t): [C, E] */
  readonly prompt: Tensor;
  /** e(t): [C, T] */
  readonly token: Tensor;
}

/**
 * Text features θ [C,E] and e [C,T] (section 3.3). With a context v, [C,M,T] or [M,T], they are those of soft prompts
 * t = [SOT, v, class name, EOT]; without it, those of hard prompts t*.
 */
export function textFeatures(clip: Clip, tokens: TokenTable, context?: Tensor): TextFeatures {
  const embedded = embedTokens(clip, tokens, context);
  return { prompt: towersOf(clip).text(clip, embedded, tokens), token: meanTokenEmbedding(embedded, tokens) };
}

/** Image features g [B,E] and, if k > 0, Z [B,N,E] of pixels [B,3,S,S] with visual prompts p [K,P,V] (Eq. 5). */
export const imageFeatures = (clip: Clip, pixels: Tensor, prompts: Tensor | undefined, k: number): ImageFeatures =>
  towersOf(clip).image(clip, pixels, { prompts, local: k > 0 });

/**
 * Logits s·(g·θ + mean of the k largest Z_i·θ), [B,C] (Eq. 8–10). The k patches are selected per image and class, and the
 * gradient flows through them only; k is capped at N. Without local features the logits are s·g·θ.
 */
export function logits(clip: Pick<Clip, "scale">, image: ImageFeatures, theta: Tensor, k: number): Tensor {
  const global = matmul(image.global, theta, { transB: true });
  if (image.local === undefined || k === 0) return scale(global, clip.scale);
  const [batch, patches, width] = image.local.shape;
  // Z_i·θ: [B·N, E] × [C, E]ᵀ → [B, N, C]
  const rows = reshape(image.local, [batch * patches, width]);
  const similarity = reshape(matmul(rows, theta, { transB: true }), [batch, patches, theta.shape[0]]);
  // The mean of the k largest over the patches: [B, C, N] → [B, C, k] → [B, C]
  const chosen = Math.min(k, patches);
  const { values } = topK(transpose(similarity, [0, 2, 1]), chosen);
  const local = div(reduceSum(values, [-1]), scalar(chosen));
  return scale(add(global, local), clip.scale);
}
