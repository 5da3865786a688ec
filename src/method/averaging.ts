/** Averages of the prompts over training, which validation and checkpoints use in place of the prompts (docs/method.md, Training options). */
import type { TensorData } from "../graph/tensor.ts";
import type { Prompts } from "./prompts.ts";

/** Average of `count` states of the prompts. */
export interface Average {
  readonly prompts: Prompts;
  readonly count: number;
}

/** A running average of the prompts. */
export interface Averaging {
  /** name in records, with its setting */
  readonly name: string;
  /** whether it takes in the prompts after each step or at the end of each epoch */
  readonly every: "step" | "epoch";
  /** first epoch that counts, from 0 */
  readonly from: number;
  /** Share of the newest prompts in the average of `count` earlier ones and itself; 1 for the first. */
  share(count: number): number;
}

/** Exponential moving average after each step: a = d·a + (1 − d)·w. PyTorch's `AveragedModel` with `get_ema_multi_avg_fn(d)`. */
export const exponentialAverage = (decay: number): Averaging => ({
  name: `exponential moving average, decay ${decay}`,
  every: "step",
  from: 0,
  share: (count) => (count === 0 ? 1 : 1 - decay),
});

/** Equal mean of the prompts at the ends of the epochs from `epoch`, counted from 1 (SWA, Izmailov et al. 2018). PyTorch's `AveragedModel`. */
export const epochAverage = (epoch: number): Averaging => ({
  name: `mean of the epochs from ${epoch}`,
  every: "epoch",
  from: epoch - 1,
  share: (count) => 1 / (count + 1),
});

/** The average after the prompts of an epoch's step or end. */
export function nextAverage(
  averaging: Averaging | undefined,
  when: Averaging["every"],
  epoch: number,
  { average, prompts }: { readonly average?: Average | undefined; readonly prompts: Prompts },
): Average | undefined {
  if (averaging === undefined || averaging.every !== when || epoch < averaging.from) return average;
  if (average === undefined) return { prompts, count: 1 };
  const share = averaging.share(average.count);
  const entries = Object.entries(prompts).map(([name, tensor]) => [name, mixed(average.prompts[name], tensor, share)]);
  return { prompts: Object.fromEntries(entries), count: average.count + 1 };
}

/** The prompts that are validated and saved: the average, or the prompts themselves if there is none yet. */
export const averagedPrompts = (state: {
  readonly average?: Average | undefined;
  readonly prompts: Prompts;
}): Prompts => state.average?.prompts ?? state.prompts;

const mixed = ({ shape, data: before }: TensorData, { data: now }: TensorData, share: number): TensorData => ({
  shape,
  data: before.map((value, i) => value + share * (now[i] - value)),
});
