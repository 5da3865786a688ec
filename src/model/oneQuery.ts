/** Attention that only one token an item asks for, without computing anybody's key or value. */
import { add, matmul, reshape, softmax, transpose } from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Clip } from "./clip.ts";

/** Towers as narrow as faceclip-mini's (128) gain nothing by it, those of ViT-B/16 (768) do. */
const leastWidth = 512;

/** Whether `attendOnce` is worth while. */
export const isWideEnough = (width: number): boolean => width >= leastWidth;

export interface OneQuery {
  readonly heads: number;
  /** of the projections, up to `k_proj` and `v_proj` */
  readonly prefix: string;
  /** q of the token that asks: [batch, width] */
  readonly query: Tensor;
  /** [batch, tokens, width]: what keys and values would be made of */
  readonly x: Tensor;
}

/**
 * softmax(q kᵀ/√d) v with k = x Wₖᵀ + bₖ and v = x Wᵥᵀ + bᵥ, [batch, width]. A head's q·k is (q Wₖ)·x + q·bₖ, whose last term is the
 * same for every token and so nothing to a softmax, and Σ p·v is (Σ p·x) Wᵥᵀ + bᵥ: of two products with all tokens nothing is left.
 */
export function attendOnce(clip: Pick<Clip, "leaf">, { heads, prefix, query, x }: OneQuery): Tensor {
  const [batch, , width] = x.shape;
  const depth = width / heads;
  const byHead = (name: string) =>
    reshape(clip.leaf(`${prefix}.${name}.weight`, [width, width]), [heads, depth, width]);
  // [batch, heads, …] and [heads, batch, …], each the other's transpose
  const swapped = (t: Tensor) => transpose(t, [1, 0, 2]);
  const asked = swapped(matmul(swapped(reshape(query, [batch, heads, depth])), byHead("k_proj")));
  const weights = softmax(matmul(asked, x, { transB: true, alpha: depth ** -0.5 }));
  const mixed = matmul(swapped(matmul(weights, x)), byHead("v_proj"), { transB: true });
  return add(reshape(swapped(mixed), [batch, width]), clip.leaf(`${prefix}.v_proj.bias`, [width]));
}
