/** Frozen CLIPs: sizes, weights as leaves of graphs, and arithmetic of the encoders. */

import { cast, type LinearFactors, linear, padZeros, strassen } from "../graph/ops/index.ts";
import type { DType, Shape, Tensor } from "../graph/tensor.ts";
import { clipTensors } from "./clipTensors.ts";
import type { ClipConfig } from "./config.ts";
import { type Weights, weightLeaf } from "./weights.ts";

/** A frozen CLIP. */
export interface Clip {
  readonly config: ClipConfig;
  /** s = exp(logit_scale) */
  readonly scale: number;
  /** @internal the open file */
  readonly weights: Weights;
  /** @internal arithmetic of each encoder's blocks; `imageTower` and `textTower` apply it */
  readonly arithmetic: Readonly<Record<TowerName, Arithmetic>>;
  /** A weight by its Hugging Face name. `stored` is its shape in the file where the graph uses another one of as many elements. */
  leaf(name: string, shape: Shape, stored?: Shape): Tensor;
}

/** An encoder, named as in Hugging Face's configs. */
export type TowerName = "vision" | "text";

/** Arithmetic of the linear layers of an encoder's blocks. */
export interface Arithmetic {
  /** weights of the layers: the CLIP's own, or ones derived from them in another file */
  readonly weights: Weights;
  /** type of the activations that `linear` takes and gives, and of attention; all else is in single precision */
  readonly dtype: DType;
  /** A weight in that type, as `Clip.leaf`; absent where the products are of other numbers. */
  leaf?(name: string, shape: Shape, stored?: Shape): Tensor;
  /** Returns n: the linear layers of this batch take activations in n × n tiles. */
  gridSize(batch: number, heads: number): 1 | 2;
  /** Returns the columns of activations inside an MLP: those of its weights, possibly padded with zeros. */
  hiddenWidth(mlpWidth: number): number;
  /** Computes α·x wᵀ + β·b of x [rows, from]; w and b are padded with zeros. */
  linear(x: Grid, layer: LinearLayer, factors?: LinearFactors): Grid;
}

/** A matrix as n × n tiles of the same shape, in row-major order. */
export type Grid = readonly Tensor[];

/** A linear layer with `NAME.weight` [to, from] and `NAME.bias` [to]. */
export interface LinearLayer {
  readonly name: string;
  readonly to: number;
  readonly from: number;
}

/**
 * A CLIP in single precision. Its leaves are made once, so that all graphs share them. Throws WEIGHTS where a tensor does not fit.
 */
export async function openClip(config: ClipConfig, weights: Weights): Promise<Clip> {
  // Checked for all tensors, so that mismatches are reported now and not by the first graph that reads them.
  for (const [name, shape] of clipTensors(config)) weightLeaf(weights, name, shape);
  const leaves = new Map<string, Tensor>();
  const leaf = (name: string, shape: Shape, stored?: Shape) => {
    const made = leaves.get(name) ?? weightLeaf(weights, name, shape, stored);
    leaves.set(name, made);
    return made;
  };
  const [logitScale] = await weights.values("logit_scale");
  const arithmetic = singlePrecision(config, weights, leaf);
  return { config, scale: Math.exp(logitScale), weights, arithmetic: { vision: arithmetic, text: arithmetic }, leaf };
}

/** x wᵀ of rows x in single precision and a weight outside the blocks, in the type of the encoder's products. */
export function frozenProduct(clip: Clip, tower: TowerName, x: Tensor, ...weight: Parameters<Clip["leaf"]>): Tensor {
  const { leaf = clip.leaf } = clip.arithmetic[tower];
  const w = leaf(...weight);
  return cast(linear(cast(x, w.dtype), w), x.dtype);
}

/** @internal Whether the products of a CLIP's encoders are in half precision, whose gradients need a loss scale. */
export const isHalf = ({ arithmetic: { vision } }: Clip): boolean => vision.dtype === "float16";

/** @internal Whether one graph may contain both encoders; the weights of a graph must be in one file. */
export const towersShareWeights = ({ arithmetic: { vision, text } }: Clip): boolean => vision.weights === text.weights;

/** Minimum width of an image encoder at which Strassen's algorithm is faster. Below it, the additions cost more than they save. */
const minStrassenWidth = 512;

/**
 * The reason why Strassen's algorithm does not suit an image encoder: too narrow, or not divisible into halves. Undefined if it does.
 *
 * @internal
 */
export function unfitForStrassen(
  { config: { vision }, arithmetic }: Clip,
  minWidth = minStrassenWidth,
): string | undefined {
  if (vision.width < minWidth) return "is too narrow to gain by fp32-strassen";
  if (vision.heads % 2 !== 0) return `has an odd number of heads (${vision.heads}), which fp32-strassen cannot halve`;
  if (arithmetic.vision.hiddenWidth(vision.mlpWidth) % 2 !== 0)
    return `has an MLP of an odd width (${vision.mlpWidth}), which fp32-strassen cannot halve`;
  return undefined;
}

/**
 * The same CLIP whose image encoder uses Strassen's algorithm (`graph/ops/strassen.ts`) for even batches; unchanged if the encoder does
 * not suit it.
 */
export function strassenClip(clip: Clip, minWidth = minStrassenWidth): Clip {
  if (unfitForStrassen(clip, minWidth) !== undefined) return clip;
  const { vision } = clip.arithmetic;
  const gridSize: Arithmetic["gridSize"] = (batch) => (batch % 2 === 0 ? 2 : 1);
  return { ...clip, arithmetic: { ...clip.arithmetic, vision: { ...vision, gridSize } } };
}

/** Arithmetic in single precision: ordinary products of one tile, Strassen's of 2 × 2 tiles. */
function singlePrecision(config: ClipConfig, weights: Weights, leaf: Clip["leaf"]): Arithmetic {
  const stored = new Map(clipTensors(config));
  const leaves = new Map<string, Tensor>();
  const paddedLeaf = (name: string, shape: Shape) => {
    const made = leaves.get(name) ?? padZeros(leaf(name, stored.get(name) ?? shape), shape);
    leaves.set(name, made);
    return made;
  };
  return {
    weights,
    dtype: "float32",
    leaf,
    gridSize: () => 1,
    hiddenWidth: rowWidth,
    linear: ([first, ...others], { name, to, from }, factors) => {
      const [w, b] = [paddedLeaf(`${name}.weight`, [to, from]), paddedLeaf(`${name}.bias`, [to])];
      if (others.length === 0) return [linear(first, w, b, factors)];
      const [second, third, fourth] = others;
      return strassen([first, second, third, fourth], w, b, factors);
    },
  };
}

/**
 * Rows whose starts lie a multiple of this apart compete for the same lines of a first-level cache: a page of common processors.
 */
const aliasingBytes = 4096;

/** Columns added to such a row: one cache line of single-precision numbers. */
const extraColumns = 16;

/**
 * Columns for rows of `width` floats: that many, or one cache line more. A product reads about a dozen rows in parallel;
 * with 3,072 columns they evict each other from the cache, and ONNX Runtime's `Gemm` takes a tenth longer than with 3,088.
 */
export const rowWidth = (width: number): number => ((4 * width) % aliasingBytes === 0 ? width + extraColumns : width);
