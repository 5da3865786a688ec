/** Attention with one query per item, which does not compute keys and values. */

import { add, cast, matmul, reshape, softmax, transpose, widened } from "../graph/ops/index.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";

/** Input of the attention; the weights have the type of `query` and `x`. */
export interface SingleQuery {
  readonly heads: number;
  /** name of the attention layer, up to `.k_proj` and `.v_proj` */
  readonly prefix: string;
  /** q: [batch, width] */
  readonly query: Tensor;
  /** [batch, tokens, width]: the input of the key and value projections */
  readonly x: Tensor;
}

/** Minimum width. faceclip-mini's encoders (128) are not faster with it, those of ViT-B/16 (768) are. */
const minWidth = 512;

/** Whether `singleQueryAttention` is faster than `attention`. */
export const isWorthwhile = (width: number): boolean => width >= minWidth;

/**
 * Computes softmax(q kᵀ/√d) v with k = x Wₖᵀ + bₖ and v = x Wᵥᵀ + bᵥ, [batch, width]. A head's q·k is (q Wₖ)·x + q·bₖ, whose last term is the
 * same for every token and cancels in the softmax, and Σ p·v is (Σ p·x) Wᵥᵀ + bᵥ: neither Wₖ nor Wᵥ is multiplied with all tokens.
 */
export function singleQueryAttention(
  weights: { leaf(name: string, shape: Shape): Tensor },
  { heads, prefix, query, x }: SingleQuery,
): Tensor {
  const [batch, , width] = x.shape;
  const depth = width / heads;
  const byHead = (name: string) =>
    reshape(weights.leaf(`${prefix}.${name}.weight`, [width, width]), [heads, depth, width]);
  // [batch, heads, …] to [heads, batch, …] and back
  const swapped = (t: Tensor) => transpose(t, [1, 0, 2]);
  const asked = swapped(matmul(swapped(reshape(query, [batch, heads, depth])), byHead("k_proj")));
  const shares = cast(softmax(widened(matmul(asked, x, { transB: true, alpha: depth ** -0.5 }))), x.dtype);
  const mixed = matmul(swapped(matmul(shares, x)), byHead("v_proj"), { transB: true });
  return add(reshape(swapped(mixed), [batch, width]), weights.leaf(`${prefix}.v_proj.bias`, [width]));
}
