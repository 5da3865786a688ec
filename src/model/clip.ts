/**
 * CLIP as symbolic graphs over frozen weights: the parts that both towers share.
 * Activations are kept as rows, [batch·tokens, width], so that each linear layer is one product without a transpose.
 */
import {
  add,
  concat,
  expand,
  gatherRows,
  gelu,
  layerNorm,
  linear,
  matmul,
  quickGelu,
  reshape,
  softmax,
  transpose,
} from "../graph/ops/index.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { ClipConfig, TowerConfig } from "./clipConfig.ts";
import { clipTensors } from "./clipTensors.ts";
import { type Weights, weightLeaf } from "./weights.ts";

/** A frozen CLIP: its sizes, and its weights as leaves of graphs by their Hugging Face names. */
export interface Clip {
  readonly config: ClipConfig;
  /** s = exp(logit_scale) */
  readonly scale: number;
  readonly weights: Weights;
  /** the towers' weights lie in two files, so no graph may hold both */
  readonly separateTowers: boolean;
  /** `stored` is the shape in the file where the graph uses another one of as many elements */
  leaf(name: string, shape: Shape, stored?: Shape): Tensor;
  /** x wᵀ + b of x [rows, from], with `NAME.weight` [to, from] and `NAME.bias` [to] of a block */
  linear(x: Tensor, name: string, to: number, from: number): Tensor;
}

/** Reads s; the leaves are made once, so all graphs of one CLIP share them. */
export async function openClip(config: ClipConfig, weights: Weights): Promise<Clip> {
  // All at once, so that weights that do not fit are an error of opening, not of whatever is built first.
  for (const [name, shape] of clipTensors(config)) weightLeaf(weights, name, shape);
  const leaves = new Map<string, Tensor>();
  const [logitScale] = await weights.values("logit_scale");
  const leaf = (name: string, shape: Shape, stored?: Shape) => {
    const made = leaves.get(name) ?? weightLeaf(weights, name, shape, stored);
    leaves.set(name, made);
    return made;
  };
  const linearLayer = (x: Tensor, name: string, to: number, from: number) =>
    linear(x, leaf(`${name}.weight`, [to, from]), leaf(`${name}.bias`, [to]));
  return { config, scale: Math.exp(logitScale), weights, separateTowers: false, leaf, linear: linearLayer };
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
  const { width, mlpWidth, epsilon } = tower;
  const norm = (x: Tensor, name: string) =>
    layerNorm(x, clip.leaf(`${prefix}.${name}.weight`, [width]), clip.leaf(`${prefix}.${name}.bias`, [width]), epsilon);
  const project = (x: Tensor, name: string, from = width, to = width) => clip.linear(x, `${prefix}.${name}`, to, from);
  const { x, queries } = input;
  const normed = norm(x, "layer_norm1");
  const prompts = input.prompts && norm(input.prompts, "layer_norm1");
  const attended = attention(tower, input, normed, prompts, (rows, name) => project(rows, `self_attn.${name}`));
  const residual = add(queries === undefined ? x : gatherRows(x, queries), project(attended, "self_attn.out_proj"));
  const hidden = project(norm(residual, "layer_norm2"), "mlp.fc1", width, mlpWidth);
  const active = tower.activation === "quick_gelu" ? quickGelu(hidden) : gelu(hidden);
  return add(residual, project(active, "mlp.fc2", mlpWidth, width));
}

/** softmax(q kᵀ/√d + mask) v for every head; prompts are keys and values only. */
function attention(
  { heads, width }: TowerConfig,
  { batch, tokens, mask, queries }: BlockInput,
  x: Tensor,
  prompts: Tensor | undefined,
  project: (rows: Tensor, name: string) => Tensor,
): Tensor {
  const depth = width / heads;
  const split = (rows: Tensor, items: number) =>
    transpose(reshape(rows, [items, rows.shape[0] / items, heads, depth]), [0, 2, 1, 3]);
  const keysOrValues = (name: string) => {
    const own = split(project(x, name), batch);
    if (prompts === undefined) return own;
    const shared = split(project(prompts, name), 1);
    return concat([own, expand(shared, [batch, ...shared.shape.slice(1)])], 2);
  };
  const asking = queries === undefined ? x : gatherRows(x, queries);
  const rows = queries === undefined ? tokens : queries.length / batch;
  const scores = matmul(split(project(asking, "q_proj"), batch), keysOrValues("k_proj"), {
    transB: true,
    alpha: depth ** -0.5,
  });
  const weights = softmax(mask === undefined ? scores : add(scores, mask));
  return reshape(transpose(matmul(weights, keysOrValues("v_proj")), [0, 2, 1, 3]), [batch * rows, width]);
}
