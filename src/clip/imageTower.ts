/** The image tower with deep visual prompts (Eq. 5) and its global and local features. */
import {
  add,
  concat,
  expand,
  halves,
  l2Normalise,
  layerNorm,
  linear,
  reshape,
  slice,
  transpose,
} from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import { block, type Clip } from "./block.ts";
import { type BatchHalves, runsInHalves, strassenBlock } from "./pairedBlock.ts";

export interface ImageFeatures {
  /** g, normalised: [batch, E] */
  readonly global: Tensor;
  /** Z, normalised: [batch, N, E] */
  readonly local?: Tensor;
}

export interface VisionOptions {
  /** p: [K, P, V] */
  readonly prompts?: Tensor;
  /** whether the local features are wanted as well */
  readonly local: boolean;
}

/** Features of pixels [batch, 3, S, S], normalised as the backbone's preprocessing says. */
export function visionTower(clip: Clip, pixels: Tensor, { prompts, local }: VisionOptions): ImageFeatures {
  const { vision } = clip.config;
  const [batch] = pixels.shape;
  const tokens = 1 + vision.grid ** 2;
  const of = (l: number) => ({
    prefix: `vision_model.encoder.layers.${l}`,
    given: { batch, tokens, prompts: prompts && reshape(slice(prompts, 0, l, l + 1), prompts.shape.slice(1)) },
  });
  let x = embedPatches(clip, pixels);
  // After the last block only the class token is read, unless local features are wanted.
  const whole = local ? vision.layers : vision.layers - 1;
  if (runsInHalves(clip, batch)) {
    let pair: BatchHalves = halves(x, 0);
    for (let l = 0; l < whole; l++) pair = strassenBlock(clip, vision, of(l).prefix, { x: pair, ...of(l).given });
    x = concat(pair, 0);
  } else {
    for (let l = 0; l < whole; l++) x = block(clip, vision, of(l).prefix, { x, ...of(l).given });
  }
  for (let l = whole; l < vision.layers; l++) {
    x = block(clip, vision, of(l).prefix, { x, ...of(l).given, queries: firstTokens(batch, tokens) });
  }
  const features = project(clip, x);
  if (!local) return { global: features };
  const all = reshape(features, [batch, tokens, clip.config.jointWidth]);
  return {
    global: reshape(slice(all, 1, 0, 1), [batch, clip.config.jointWidth]),
    local: slice(all, 1, 1, tokens),
  };
}

/** z⁰ = pre_layernorm([class; patches] + positions): [batch·(1+N), V]. */
function embedPatches(clip: Clip, pixels: Tensor): Tensor {
  const { width, patchSize: p, grid, imageSize, epsilon } = clip.config.vision;
  const [batch] = pixels.shape;
  const tokens = 1 + grid ** 2;
  const covered = slice(slice(pixels, 2, 0, grid * p), 3, 0, grid * p);
  // A convolution whose stride is its kernel is a product with the flattened patches.
  const split = reshape(imageSize === grid * p ? pixels : covered, [batch, 3, grid, p, grid, p]);
  const patches = reshape(transpose(split, [0, 2, 4, 1, 3, 5]), [batch * grid ** 2, 3 * p * p]);
  const name = "vision_model.embeddings";
  const kernel = clip.leaf(`${name}.patch_embedding.weight`, [width, 3 * p * p], [width, 3, p, p]);
  const embedded = reshape(linear(patches, kernel), [batch, grid ** 2, width]);
  const classToken = reshape(clip.leaf(`${name}.class_embedding`, [width]), [1, 1, width]);
  const positions = clip.leaf(`${name}.position_embedding.weight`, [tokens, width]);
  const z = add(concat([expand(classToken, [batch, 1, width]), embedded], 1), positions);
  const norm = "vision_model.pre_layrnorm"; // the spelling of the checkpoints
  return layerNorm(
    reshape(z, [batch * tokens, width]),
    clip.leaf(`${norm}.weight`, [width]),
    clip.leaf(`${norm}.bias`, [width]),
    epsilon,
  );
}

/** visual_projection(post_layernorm(x)), normalised; the same for the class token and the patches (docs/method.md). */
function project(clip: Clip, x: Tensor): Tensor {
  const { width, epsilon } = clip.config.vision;
  const norm = "vision_model.post_layernorm";
  const normed = layerNorm(x, clip.leaf(`${norm}.weight`, [width]), clip.leaf(`${norm}.bias`, [width]), epsilon);
  return l2Normalise(linear(normed, clip.leaf("visual_projection.weight", [clip.config.jointWidth, width])));
}

const firstTokens = (batch: number, tokens: number): number[] => Array.from({ length: batch }, (_, b) => b * tokens);
