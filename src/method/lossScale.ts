/**
 * Dynamic loss scaling (Micikevicius et al., "Mixed Precision Training", 2018), for graphs whose products are in half precision: the
 * loss's gradient begins at a scale at which small gradients are not rounded to zero, and those of the prompts are divided by it.
 */

import { type Clip, isHalf } from "../clip/clip.ts";
import { MpaError } from "../platform/errors.ts";

/** State of the loss scale between steps. */
export interface LossScale {
  /** factor of the next step, a power of two, so that dividing by it is exact */
  readonly scale: number;
  /** steps without an overflow since the scale changed */
  readonly good: number;
  /** steps that were skipped since the run began */
  readonly skipped: number;
}

/** The state before the first step, with PyTorch's first scale. */
const initialLossScale: LossScale = { scale: 2 ** 16, good: 0, skipped: 0 };

/** The state before the first step over this CLIP; undefined where its products are in single precision. */
export const lossScaleOf = (clip: Clip): LossScale | undefined => (isHalf(clip) ? initialLossScale : undefined);

/** Steps without an overflow after which the scale doubles, as in PyTorch. */
export const growthInterval = 2000;

/** The state after a step. Throws NUMERIC where gradients overflow at a scale of 1. */
export function nextLossScale({ scale, good, skipped }: LossScale, hasOverflowed: boolean): LossScale {
  if (!hasOverflowed) {
    return good + 1 < growthInterval ? { scale, good: good + 1, skipped } : { scale: 2 * scale, good: 0, skipped };
  }
  if (scale <= 1) {
    const fix = "use --precision fp32, or lower --lr";
    throw new MpaError("NUMERIC", "the gradients overflow half precision without a loss scale", { fix });
  }
  return { scale: scale / 2, good: 0, skipped: skipped + 1 };
}
