/**
 * The transformer block of both encoders. Activations are rows [batch·tokens, width], so that each linear layer is one product without
 * a transpose. The residual stream and layer norms are in single precision, linear layers and attention in the arithmetic's type. For Strassen's algorithm they are split into 2 × 2 tiles: the batch into two halves, and for the linear layers the
 * columns into two halves, each with half of the heads.
 */

import {
  add,
  attention,
  cast,
  concat,
  expand,
  gatherRows,
  gelu,
  halves,
  layerNorm,
  quickGeluAlpha,
  reshape,
  silu,
} from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Arithmetic, Clip, Grid, TowerName } from "./clip.ts";
import type { TowerConfig } from "./config.ts";
import { isWorthwhile, singleQueryAttention } from "./singleQueryAttention.ts";

/** A batch in n equal slices: n tensors [batch/n·tokens, width]. */
export type Rows = readonly Tensor[];

/** Input of a block. */
export interface BlockInput {
  readonly x: Rows;
  /** items in all slices together */
  readonly batch: number;
  readonly tokens: number;
  /** [P, width]: additional keys and values, the same for every item of the batch (Eq. 5) */
  readonly prompts?: Tensor;
  /** added to the attention scores, broadcast to [batch, heads, queries, keys]; requires a batch in one slice */
  readonly mask?: Tensor;
  /** rows of x to compute, the same number per item; all by default; requires a batch in one slice */
  readonly queries?: readonly number[];
}

/**
 * One pre-norm transformer block: x + attention(LN₁(x)), then + MLP(LN₂(·)). Returns rows in the layout of x, or only those of
 * `queries`.
 */
export function block(clip: Clip, name: TowerName, layer: number, input: BlockInput): Rows {
  const prefix = `${name}_model.encoder.layers.${layer}`;
  const tower = clip.config[name];
  const [norm1, norm2] = ["layer_norm1", "layer_norm2"].map((norm) => normOf(clip, tower, `${prefix}.${norm}`));
  const { x, queries, prompts } = input;
  const normed = { ...input, prompts: prompts && norm1(prompts) };
  const attended = attend(clip, name, `${prefix}.self_attn`, normed, tiles(x.map(norm1)));
  const residual = addTiles(queries === undefined ? x : x.map((rows) => gatherRows(rows, queries)), attended);
  const hidden = mlp(clip.arithmetic[name], tower, `${prefix}.mlp`, tiles(residual.map(norm2)));
  return addTiles(residual, hidden);
}

/** The layer norm with this name, over rows of the encoder's width. */
export function normOf(clip: Clip, { width, epsilon }: TowerConfig, name: string): (x: Tensor) => Tensor {
  const [gamma, beta] = [clip.leaf(`${name}.weight`, [width]), clip.leaf(`${name}.bias`, [width])];
  return (x) => layerNorm(x, gamma, beta, epsilon);
}

/** Splits rows [batch·tokens, width] into n slices. */
export const splitRows = (x: Tensor, n: 1 | 2): Rows => (n === 1 ? [x] : halves(x, 0));

/** The inverse of `splitRows`. */
export const joinRows = (rows: Rows): Tensor => concat(rows, 0);

/** Attention of normed tokens and prompts, and its output projection; prompts are keys and values only. */
function attend(clip: Clip, name: TowerName, prefix: string, input: BlockInput, x: Grid): Grid {
  const { batch, tokens, mask, prompts, queries } = input;
  const { heads, width } = clip.config[name];
  const arithmetic = clip.arithmetic[name];
  const n = input.x.length;
  const typed = (tile: Tensor) => cast(tile, arithmetic.dtype);
  const project = (of: Grid, layer: string) =>
    arithmetic.linear(of, { name: `${prefix}.${layer}`, to: width, from: width });
  const asking = queries === undefined ? tokens : queries.length / batch;
  const all = x.map(typed);
  const query = project(queries === undefined ? all : x.map((tile) => typed(gatherRows(tile, queries))), "q_proj");
  const { leaf } = arithmetic;
  if (asking === 1 && mask === undefined && prompts === undefined && leaf !== undefined && isWorthwhile(width)) {
    const rows = reshape(all[0], [batch, tokens, width]);
    return project([singleQueryAttention({ leaf }, { heads, prefix, query: query[0], x: rows })], "out_proj");
  }
  const [items, columns] = [batch / n, width / n];
  const keysOrValues = (layer: string): Grid => {
    const own = project(all, layer).map((tile) => reshape(tile, [items, tokens, columns]));
    if (prompts === undefined) return own;
    const [count] = prompts.shape;
    const shared = project([typed(prompts)], layer)
      .flatMap((rows) => columnsOf(rows, n))
      .map((tile) => expand(reshape(tile, [1, count, columns]), [items, count, columns]));
    return own.map((tile, i) => concat([tile, shared[i % n]], 1));
  };
  const [keys, values] = [keysOrValues("k_proj"), keysOrValues("v_proj")];
  const attended = query.map((tile, i) => {
    const q = reshape(tile, [items, asking, columns]);
    return reshape(attention(q, keys[i], values[i], heads / n, mask), [items * asking, columns]);
  });
  return project(attended, "out_proj");
}

/** The two linear layers and their activation. */
function mlp(arithmetic: Arithmetic, { width, mlpWidth, activation }: TowerConfig, prefix: string, x: Grid): Grid {
  const hiddenWidth = arithmetic.hiddenWidth(mlpWidth);
  // QuickGELU(x) = SiLU(αx)/α; α and 1/α become factors of the products.
  const [apply, alpha] = activation === "quick_gelu" ? [silu, quickGeluAlpha] : [gelu, 1];
  const first = { name: `${prefix}.fc1`, to: hiddenWidth, from: width };
  const second = { name: `${prefix}.fc2`, to: width, from: hiddenWidth };
  const typed = x.map((tile) => cast(tile, arithmetic.dtype));
  const hidden = arithmetic.linear(typed, first, { alpha, beta: alpha }).map(apply);
  return arithmetic.linear(hidden, second, { alpha: 1 / alpha });
}

/** Splits rows in n slices into n × n tiles. */
const tiles = (x: Rows): Grid => x.flatMap((rows) => columnsOf(rows, x.length));

const columnsOf = (rows: Tensor, n: number): readonly Tensor[] => (n === 1 ? [rows] : halves(rows, 1));

function addTiles(x: Rows, y: Grid): Rows {
  const n = x.length;
  return x.map((rows, i) => add(rows, cast(concat(y.slice(i * n, (i + 1) * n), 1), rows.dtype)));
}
