/**
 * CLIP as symbolic graphs over frozen weights: the parts that both towers share.
 * Activations are kept as rows, [batch·tokens, width], so that each linear layer is one product without a transpose.
 */
import {
  add,
  attention,
  type Blocks2x2,
  concat,
  expand,
  gatherRows,
  gelu,
  type LinearFactors,
  layerNorm,
  linear,
  matmul,
  padZeros,
  quickGeluAlpha,
  reshape,
  silu,
  softmax,
  strassen,
  transpose,
} from "../graph/ops/index.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import { type ClipConfig, clipTensors, type TowerConfig } from "./config.ts";
import { type Weights, weightLeaf } from "./weights.ts";

/* Attention that only one token an item asks for, without computing anybody's key or value. */

/** Towers as narrow as faceclip-mini's (128) gain nothing by it, those of ViT-B/16 (768) do. */
const minWidth = 512;

/** Whether `attendOnce` is worth while. */
export const isWorthwhile = (width: number): boolean => width >= minWidth;

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
export function singleQueryAttention(clip: Pick<Clip, "leaf">, { heads, prefix, query, x }: OneQuery): Tensor {
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

/** How wide the rows of an activation are best stored for the matrix product that reads them. */

/** Rows whose starts lie a multiple of this apart share the few places of a first-level cache: a page of common processors. */
const aliasingBytes = 4096;

/** What is added to such a row: one line of a cache, in single precision. */
const extraColumns = 16;

/**
 * Columns for rows of `width` floats: that many, or one cache line more. A product reads about a dozen rows side by side;
 * with 3,072 columns they push each other out of the cache, and ONNX Runtime's `Gemm` takes a tenth longer than with 3,088.
 */
export const rowWidth = (width: number): number => ((4 * width) % aliasingBytes === 0 ? width + extraColumns : width);

/** A frozen CLIP: its sizes, and its weights as leaves of graphs by their Hugging Face names. */
export interface Clip {
  readonly config: ClipConfig;
  /** s = exp(logit_scale) */
  readonly scale: number;
  readonly weights: Weights;
  /** the image tower multiplies in eight bits: its weights lie in a file of their own, so no graph may hold both towers */
  readonly isInt8: boolean;
  /** `stored` is the shape in the file where the graph uses another one of as many elements */
  leaf(name: string, shape: Shape, stored?: Shape): Tensor;
  /** columns of a block's activations inside its MLP: those of the weights, or some more that are zero (`rowWidth.ts`) */
  hiddenWidth(tower: TowerConfig): number;
  /** α·x wᵀ + β·b of x [rows, from], with `NAME.weight` [to, from] and `NAME.bias` [to] of a block; what they lack is zero */
  linear(x: Tensor, name: string, to: number, from: number, factors?: LinearFactors): Tensor;
  /** the image tower multiplies by Strassen's scheme (`pairs.ts`) */
  readonly usesStrassen: boolean;
  /** `linear` of rows in quarters; in single precision only */
  strassenLinear(x: Blocks2x2, name: string, to: number, from: number, factors?: LinearFactors): Blocks2x2;
}

/** Reads s; the leaves are made once, so all graphs of one CLIP share them. */
export async function openClip(config: ClipConfig, weights: Weights): Promise<Clip> {
  // All at once, so that weights that do not fit are an error of opening, not of whatever is built first.
  const shapes = new Map(clipTensors(config));
  for (const [name, shape] of shapes) weightLeaf(weights, name, shape);
  const leaves = new Map<string, Tensor>();
  const [logitScale] = await weights.values("logit_scale");
  const leaf = (name: string, shape: Shape, stored?: Shape) => {
    const made = leaves.get(name) ?? weightLeaf(weights, name, shape, stored);
    leaves.set(name, made);
    return made;
  };
  const padded = (name: string, shape: Shape) => {
    const made = leaves.get(`${name} padded`) ?? padZeros(leaf(name, shapes.get(name) ?? shape), shape);
    leaves.set(`${name} padded`, made);
    return made;
  };
  return {
    ...{ config, scale: Math.exp(logitScale), weights, isInt8: false, leaf },
    hiddenWidth: ({ mlpWidth }) => rowWidth(mlpWidth),
    linear: (x, name, to, from, factors) =>
      linear(x, padded(`${name}.weight`, [to, from]), padded(`${name}.bias`, [to]), factors),
    usesStrassen: false,
    strassenLinear: (x, name, to, from, factors) =>
      strassen(x, padded(`${name}.weight`, [to, from]), padded(`${name}.bias`, [to]), factors),
  };
}

export interface BlockInput {
  /** [batch·tokens, width] */
  readonly x: Tensor;
  readonly batch: number;
  readonly tokens: number;
  /** added to the attention scores, broadcast to [batch, heads, queries, keys] */
  readonly mask?: Tensor;
  /** [P, width]: more keys and values, the same for every item of the batch (Eq. 5) */
  readonly prompts?: Tensor;
  /** rows of x that are wanted afterwards, equally many an item; all of them where it is absent */
  readonly queries?: readonly number[];
}

/**
 * One pre-norm transformer block: x + attention(LN₁(x)), then + MLP(LN₂(·)). Gives [batch·tokens, width], or only the
 * rows that `queries` names: what nobody reads is not computed.
 */
export function block(clip: Clip, tower: TowerConfig, prefix: string, input: BlockInput): Tensor {
  const { x, queries } = input;
  const first = blockNorm(clip, tower, `${prefix}.layer_norm1`);
  const second = blockNorm(clip, tower, `${prefix}.layer_norm2`);
  const prompts = input.prompts && first(input.prompts);
  const attended = attend(clip, tower, `${prefix}.self_attn`, input, first(x), prompts);
  const residual = add(queries === undefined ? x : gatherRows(x, queries), attended);
  return add(residual, mlp(clip, tower, `${prefix}.mlp`, second(residual)));
}

/** The layer norm of this name, of rows of the tower's width. */
export function blockNorm(clip: Clip, { width, epsilon }: TowerConfig, name: string): (x: Tensor) => Tensor {
  const [gamma, beta] = [clip.leaf(`${name}.weight`, [width]), clip.leaf(`${name}.bias`, [width])];
  return (x) => layerNorm(x, gamma, beta, epsilon);
}

function mlp(clip: Clip, tower: TowerConfig, prefix: string, x: Tensor): Tensor {
  const { width } = tower;
  const hiddenWidth = clip.hiddenWidth(tower);
  const { apply, alpha } = mlpActivation(tower);
  const hidden = clip.linear(x, `${prefix}.fc1`, hiddenWidth, width, { alpha, beta: alpha });
  return clip.linear(apply(hidden), `${prefix}.fc2`, width, hiddenWidth, { alpha: 1 / alpha });
}

/**
 * What is between an MLP's products, of α times the first one's result; the second one's takes α back. QuickGELU's constant is
 * taken into the products on both sides of it: what is left between them is SiLU.
 */
export function mlpActivation({ activation }: TowerConfig): { apply(x: Tensor): Tensor; readonly alpha: number } {
  return activation === "quick_gelu" ? { apply: silu, alpha: quickGeluAlpha } : { apply: gelu, alpha: 1 };
}

/** Attention and its output projection; prompts are keys and values only. */
function attend(
  clip: Clip,
  { heads, width }: TowerConfig,
  prefix: string,
  { batch, tokens, mask, queries }: BlockInput,
  x: Tensor,
  prompts: Tensor | undefined,
): Tensor {
  const project = (rows: Tensor, name: string) => clip.linear(rows, `${prefix}.${name}`, width, width);
  const rows = queries === undefined ? tokens : queries.length / batch;
  const query = project(queries === undefined ? x : gatherRows(x, queries), "q_proj");
  const isPlain = mask === undefined && prompts === undefined && !clip.isInt8;
  if (rows === 1 && isPlain && isWorthwhile(width)) {
    return project(
      singleQueryAttention(clip, { heads, prefix, query, x: reshape(x, [batch, tokens, width]) }),
      "out_proj",
    );
  }
  const keysOrValues = (name: string) => {
    const own = reshape(project(x, name), [batch, tokens, width]);
    if (prompts === undefined) return own;
    const [count] = prompts.shape;
    const shared = reshape(project(prompts, name), [1, count, width]);
    return concat([own, expand(shared, [batch, count, width])], 1);
  };
  const asking = reshape(query, [batch, rows, width]);
  const attended = attention(asking, keysOrValues("k_proj"), keysOrValues("v_proj"), heads, mask);
  return project(reshape(attended, [batch * rows, width]), "out_proj");
}
