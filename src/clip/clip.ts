/** A frozen CLIP: its sizes, its weights as leaves of graphs, and the arithmetic of its towers. */

import { type LinearFactors, linear, padZeros, strassen } from "../graph/ops/index.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import { clipTensors } from "./clipTensors.ts";
import type { ClipConfig } from "./config.ts";
import { type Weights, weightLeaf } from "./weights.ts";

export interface Clip {
  readonly config: ClipConfig;
  /** s = exp(logit_scale) */
  readonly scale: number;
  readonly weights: Weights;
  /** of each tower's blocks */
  readonly arithmetic: Readonly<Record<TowerName, Arithmetic>>;
  /** A weight by its Hugging Face name. `stored` is its shape in the file where the graph uses another one of as many elements. */
  leaf(name: string, shape: Shape, stored?: Shape): Tensor;
}

export type TowerName = "vision" | "text";

/** How the linear layers of a tower's blocks multiply. */
export interface Arithmetic {
  /** what it multiplies by: the CLIP's own weights, or others made of them, which lie in a file of their own */
  readonly weights: Weights;
  /** n for a batch: activations are cut into n × n tiles for the linear layers */
  gridSize(batch: number, heads: number): 1 | 2;
  /** columns of activations inside an MLP: those of its weights, or some more that are zero */
  hiddenWidth(mlpWidth: number): number;
  /** α·x wᵀ + β·b of x [rows, from]; rows and columns that w and b lack are zero */
  linear(x: Grid, layer: LinearLayer, factors?: LinearFactors): Grid;
}

/** A matrix as n × n tiles of one shape, row by row of tiles. */
export type Grid = readonly Tensor[];

/** `NAME.weight` [to, from] and `NAME.bias` [to]. */
export interface LinearLayer {
  readonly name: string;
  readonly to: number;
  readonly from: number;
}

/**
 * A CLIP in single precision. Its leaves are made once, so that all graphs share them. Throws WEIGHTS where a tensor does not fit.
 */
export async function openClip(config: ClipConfig, weights: Weights): Promise<Clip> {
  // All at once, so that weights that do not fit are an error of opening, not of the first graph that needs them.
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

/** Whether one graph may hold both towers: the weights of a graph lie in one file. */
export const towersShareWeights = ({ arithmetic: { vision, text } }: Clip): boolean => vision.weights === text.weights;

/** Image towers below this width gain nothing by Strassen's scheme: its sums cost what they save. */
const minStrassenWidth = 512;

/** Why an image tower does not gain by the scheme, or cannot be cut into halves; undefined where it is fit for it. */
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
 * The same CLIP whose image tower multiplies by Strassen's scheme (`graph/ops/strassen.ts`) where the batch is even; unchanged
 * where the tower is not fit for it.
 */
export function strassenClip(clip: Clip, minWidth = minStrassenWidth): Clip {
  if (unfitForStrassen(clip, minWidth) !== undefined) return clip;
  const { vision } = clip.arithmetic;
  const gridSize: Arithmetic["gridSize"] = (batch) => (batch % 2 === 0 ? 2 : 1);
  return { ...clip, arithmetic: { ...clip.arithmetic, vision: { ...vision, gridSize } } };
}

/** Products in single precision: of one tile the usual ones, of 2 × 2 tiles Strassen's. */
function singlePrecision(config: ClipConfig, weights: Weights, leaf: Clip["leaf"]): Arithmetic {
  const stored = new Map(clipTensors(config));
  const leaves = new Map<string, Tensor>();
  const padded = (name: string, shape: Shape) => {
    const made = leaves.get(name) ?? padZeros(leaf(name, stored.get(name) ?? shape), shape);
    leaves.set(name, made);
    return made;
  };
  return {
    weights,
    gridSize: () => 1,
    hiddenWidth: rowWidth,
    linear: ([first, ...others], { name, to, from }, factors) => {
      const [w, b] = [padded(`${name}.weight`, [to, from]), padded(`${name}.bias`, [to])];
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

/** Columns added to such a row: one cache line, in single precision. */
const extraColumns = 16;

/**
 * Columns for rows of `width` floats: that many, or one cache line more. A product reads about a dozen rows in parallel;
 * with 3,072 columns they evict each other from the cache, and ONNX Runtime's `Gemm` takes a tenth longer than with 3,088.
 */
export const rowWidth = (width: number): number => ((4 * width) % aliasingBytes === 0 ? width + extraColumns : width);
