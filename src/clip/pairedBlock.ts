/**
 * Blocks for an even batch in two halves, which keep to themselves but for the linear layers: there their rows meet, and each product
 * of both is seven of a quarter (`graph/ops/strassen.ts`). A half of the columns is a half of the heads.
 */
import { add, attention, type Blocks2x2, concat, expand, halves, reshape } from "../graph/ops/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BlockInput, blockNorm, type Clip, mlpActivation } from "./block.ts";
import type { TowerConfig } from "./config.ts";

/** Rows [batch/2·tokens, width] of either half. */
export type BatchHalves = readonly [Tensor, Tensor];

export interface PairInput extends Pick<BlockInput, "tokens" | "prompts"> {
  readonly x: BatchHalves;
  /** items of both halves together */
  readonly batch: number;
}

/** Below this width the sums that replace products cost what they save. */
const minWidth = 512;

/** Why an image tower does not gain by the scheme, or cannot be cut into halves; undefined where it is fit for it. */
export function unfitForStrassen({ config: { vision }, hiddenWidth }: Clip): string | undefined {
  if (vision.width < minWidth) return "is too narrow to gain by fp32-strassen";
  if (vision.heads % 2 !== 0) return `has an odd number of heads (${vision.heads}), which fp32-strassen cannot halve`;
  if (hiddenWidth(vision) % 2 !== 0)
    return `has an MLP of an odd width (${vision.mlpWidth}), which fp32-strassen cannot halve`;
  return undefined;
}

/** The same CLIP with an image tower for pairs, where it is fit for that. */
export const strassenClip = (clip: Clip): Clip => ({ ...clip, usesStrassen: unfitForStrassen(clip) === undefined });

/** Whether a batch goes through the image tower in two halves, which must be equal. */
export const runsInHalves = ({ usesStrassen }: Clip, batch: number): boolean => usesStrassen && batch % 2 === 0;

/** The same as `block` of all rows. */
export function strassenBlock(clip: Clip, tower: TowerConfig, prefix: string, input: PairInput): BatchHalves {
  const first = blockNorm(clip, tower, `${prefix}.layer_norm1`);
  const second = blockNorm(clip, tower, `${prefix}.layer_norm2`);
  const prompts = input.prompts && first(input.prompts);
  const attended = attend(clip, tower, `${prefix}.self_attn`, { ...input, prompts }, inQuarters(both(input.x, first)));
  const residual = added(input.x, attended);
  return added(residual, mlp(clip, tower, `${prefix}.mlp`, inQuarters(both(residual, second))));
}

function mlp(clip: Clip, tower: TowerConfig, prefix: string, x: Blocks2x2): Blocks2x2 {
  const { width } = tower;
  const hiddenWidth = clip.hiddenWidth(tower);
  const { apply, alpha } = mlpActivation(tower);
  const hidden = clip.strassenLinear(x, `${prefix}.fc1`, hiddenWidth, width, { alpha, beta: alpha });
  return clip.strassenLinear(quarterly(hidden, apply), `${prefix}.fc2`, width, hiddenWidth, { alpha: 1 / alpha });
}

function attend(
  clip: Clip,
  { heads, width }: TowerConfig,
  prefix: string,
  { batch, tokens, prompts }: PairInput,
  x: Blocks2x2,
): Blocks2x2 {
  const items = batch / 2;
  const project = (of: Blocks2x2, name: string) => clip.strassenLinear(of, `${prefix}.${name}`, width, width);
  const rows = (of: Tensor) => reshape(of, [items, tokens, width / 2]);
  const keysOrValues = (name: string) => {
    const own = project(x, name);
    if (prompts === undefined) return quarterly(own, rows);
    const [count] = prompts.shape;
    const shared = halves(clip.linear(prompts, `${prefix}.${name}`, width, width), 1).map((half) =>
      expand(reshape(half, [1, count, width / 2]), [items, count, width / 2]),
    );
    return quarterly(own, (quarter, i) => concat([rows(quarter), shared[i % 2]], 1));
  };
  const [query, keys, values] = [project(x, "q_proj"), keysOrValues("k_proj"), keysOrValues("v_proj")];
  const attended = quarterly(query, (quarter, i) =>
    reshape(attention(rows(quarter), keys[i], values[i], heads / 2), [items * tokens, width / 2]),
  );
  return project(attended, "out_proj");
}

const both = ([above, below]: BatchHalves, apply: (rows: Tensor) => Tensor): BatchHalves => [
  apply(above),
  apply(below),
];

const quarterly = ([a, b, c, d]: Blocks2x2, apply: (quarter: Tensor, i: number) => Tensor): Blocks2x2 => [
  apply(a, 0),
  apply(b, 1),
  apply(c, 2),
  apply(d, 3),
];

const inQuarters = ([above, below]: BatchHalves): Blocks2x2 => [...halves(above, 1), ...halves(below, 1)];

const added = ([above, below]: BatchHalves, [a, b, c, d]: Blocks2x2): BatchHalves => [
  add(above, concat([a, b], 1)),
  add(below, concat([c, d], 1)),
];
