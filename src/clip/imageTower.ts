/** The image encoder with deep visual prompts (Eq. 5), and its global and local features. */
import { add, concat, expand, l2Normalise, reshape, slice, transpose } from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import { block, joinRows, normOf, splitRows } from "./block.ts";
import { type Clip, frozenProduct } from "./clip.ts";

/** Features of a batch of images. */
export interface ImageFeatures {
  /** g, normalised: [batch, E] */
  readonly global: Tensor;
  /** Z, normalised: [batch, N, E] */
  readonly local?: Tensor;
}

/** Options of the image encoder. */
export interface VisionOptions {
  /** p: [J, P, V] of the first J layers; where layers follow, the outputs at the prompts of layer J are tokens of these */
  readonly prompts?: Tensor;
  /** whether to compute the local features */
  readonly local: boolean;
}

/** Computes the features of pixels [batch, 3, S, S], which the backbone's preprocessing has normalised. */
export function visionTower(clip: Clip, pixels: Tensor, { prompts, local }: VisionOptions): ImageFeatures {
  const { vision } = clip.config;
  const [batch] = pixels.shape;
  const own = 1 + vision.grid ** 2;
  const depth = prompts?.shape[0] ?? 0;
  // Outputs at prompts that the next layer replaces are not needed: such prompts are keys and values only.
  const replaced = depth < vision.layers ? depth - 1 : depth;
  let tokens = own;
  const given = (l: number) => ({ batch, tokens, prompts: prompts && l < replaced ? layerOf(prompts, l) : undefined });
  let x = splitRows(embedPatches(clip, pixels), clip.arithmetic.vision.gridSize(batch, vision.heads));
  // Without local features, the last block computes the class token only.
  const whole = local ? vision.layers : vision.layers - 1;
  for (let l = 0; l < whole; l++) {
    if (prompts !== undefined && l === replaced) {
      x = x.map((rows) => appendTokens(rows, tokens, layerOf(prompts, l)));
      tokens += prompts.shape[1];
    }
    x = block(clip, "vision", l, { x, ...given(l) });
  }
  const queries = firstTokens(batch, tokens);
  if (!local) x = block(clip, "vision", whole, { x: [joinRows(x)], ...given(whole), queries });
  const features = project(clip, joinRows(x));
  if (!local) return { global: features };
  const all = reshape(features, [batch, tokens, clip.config.jointWidth]);
  return {
    global: reshape(slice(all, 1, 0, 1), [batch, clip.config.jointWidth]),
    local: slice(all, 1, 1, own),
  };
}

/** Rows [items·tokens, V] with the tokens [P, V] after those of each item. */
function appendTokens(rows: Tensor, tokens: number, added: Tensor): Tensor {
  const [count, width] = added.shape;
  const items = rows.shape[0] / tokens;
  const each = expand(reshape(added, [1, count, width]), [items, count, width]);
  return reshape(concat([reshape(rows, [items, tokens, width]), each], 1), [items * (tokens + count), width]);
}

/** z⁰ = pre_layernorm([class; patches] + positions): [batch·(1+N), V]. */
function embedPatches(clip: Clip, pixels: Tensor): Tensor {
  const { width, patchSize: p, grid, imageSize } = clip.config.vision;
  const [batch] = pixels.shape;
  const tokens = 1 + grid ** 2;
  const covered = slice(slice(pixels, 2, 0, grid * p), 3, 0, grid * p);
  // A convolution whose stride is its kernel is a product with the flattened patches.
  const split = reshape(imageSize === grid * p ? pixels : covered, [batch, 3, grid, p, grid, p]);
  const patches = reshape(transpose(split, [0, 2, 4, 1, 3, 5]), [batch * grid ** 2, 3 * p * p]);
  const name = "vision_model.embeddings";
  const shapes = [
    [width, 3 * p * p],
    [width, 3, p, p],
  ] as const;
  const product = frozenProduct(clip, "vision", patches, `${name}.patch_embedding.weight`, ...shapes);
  const embedded = reshape(product, [batch, grid ** 2, width]);
  const classToken = reshape(clip.leaf(`${name}.class_embedding`, [width]), [1, 1, width]);
  const positions = clip.leaf(`${name}.position_embedding.weight`, [tokens, width]);
  const z = add(concat([expand(classToken, [batch, 1, width]), embedded], 1), positions);
  // The name is misspelt in the checkpoints.
  return normOf(clip, clip.config.vision, "vision_model.pre_layrnorm")(reshape(z, [batch * tokens, width]));
}

/** visual_projection(post_layernorm(x)), normalised; the same for the class token and the patches (docs/method.md). */
function project(clip: Clip, x: Tensor): Tensor {
  const { vision, jointWidth } = clip.config;
  const normed = normOf(clip, vision, "vision_model.post_layernorm")(x);
  return l2Normalise(frozenProduct(clip, "vision", normed, "visual_projection.weight", [jointWidth, vision.width]));
}

/** The prompts [P, V] of one layer. */
const layerOf = (prompts: Tensor, l: number): Tensor => reshape(slice(prompts, 0, l, l + 1), prompts.shape.slice(1));

const firstTokens = (batch: number, tokens: number): number[] => Array.from({ length: batch }, (_, b) => b * tokens);
