/** PyTorch's SGD with momentum and weight decay: buf = μ·buf + (grad + wd·w); w −= lr·buf (docs/method.md, A step of training). */
import type { TensorData } from "../graph/tensor.ts";
import { namesOf } from "../platform/registry.ts";
import type { Prompts } from "./prompts.ts";

/** Hyperparameters of SGD. */
export interface SgdOptions {
  readonly momentum: number;
  readonly weightDecay: number;
}

/** A functional optimiser with explicit state. */
export interface Optimiser<State> {
  /** The state before the first step. */
  init(prompts: Prompts): State;
  /** Returns new prompts and state; the arguments are not modified. */
  update(prompts: Prompts, gradients: Gradients, state: State, lr: number): { prompts: Prompts; state: State };
}

/** Gradients by tensor name. */
export type Gradients = Readonly<Record<string, Float32Array>>;

/** Momentum buffers by tensor name. */
export type SgdState = Prompts;

/** SGD with momentum and weight decay. */
export const sgd = ({ momentum, weightDecay }: SgdOptions): Optimiser<SgdState> => ({
  // PyTorch initialises the buffer with the first gradient; a zero buffer gives the same first step.
  init: (prompts) => mapValues(prompts, ({ shape, data }) => ({ shape, data: new Float32Array(data.length) })),
  update: (prompts, gradients, state, lr) => {
    const buffers = mapValues(prompts, ({ shape, data: w }, name) => {
      const { data: before } = state[name];
      const grad = gradients[name];
      return { shape, data: before.map((buf, i) => momentum * buf + Math.fround(grad[i] + weightDecay * w[i])) };
    });
    const moved = mapValues(prompts, ({ shape, data: w }, name) => {
      const { data: buf } = buffers[name];
      return { shape, data: w.map((value, i) => value - lr * buf[i]) };
    });
    return { prompts: moved, state: buffers };
  },
});

/** Learning rate as a function of the step, from 0. */
export type Schedule = (step: number) => number;

/** Learning rate schedules by name. */
export const schedules = {
  /** lr/2·(1 + cos(π·step/steps)), from lr at the first step to 0 after the last (paper, Implementation Details) */
  cosine:
    (lr: number, steps: number): Schedule =>
    (step) =>
      (lr / 2) * (1 + Math.cos((Math.PI * step) / steps)),
  constant:
    (lr: number): Schedule =>
    () =>
      lr,
} as const;

export type ScheduleName = keyof typeof schedules;
export const scheduleNames = namesOf(schedules);

const mapValues = (prompts: Prompts, to: (values: TensorData, name: string) => TensorData): Prompts =>
  Object.fromEntries(Object.entries(prompts).map(([name, values]) => [name, to(values, name)]));
