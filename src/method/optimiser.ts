/** SGD with momentum and weight decay as PyTorch has it: buf = μ·buf + (grad + wd·w); w −= lr·buf (docs/method.md, A step of training). */
import type { TensorData } from "../graph/tensor.ts";
import { namesOf } from "../platform/registry.ts";
import type { Prompts } from "./prompts.ts";

export interface SgdOptions {
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface Optimiser<State> {
  init(prompts: Prompts): State;
  /** New prompts and state; nothing is changed in place. */
  update(prompts: Prompts, gradients: Gradients, state: State, lr: number): { prompts: Prompts; state: State };
}

export type Gradients = Readonly<Record<string, Float32Array>>;

/** Momentum buffers by the name of their tensor. */
export type SgdState = Prompts;

export const sgd = ({ momentum, weightDecay }: SgdOptions): Optimiser<SgdState> => ({
  // PyTorch's first buffer is the first gradient itself, which a zero buffer gives as well.
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

const mapValues = (prompts: Prompts, to: (values: TensorData, name: string) => TensorData): Prompts =>
  Object.fromEntries(Object.entries(prompts).map(([name, values]) => [name, to(values, name)]));

/** The learning rate of a step. */
export type Schedule = (step: number) => number;

export const schedules = {
  /** lr/2·(1 + cos(π·step/steps)): lr at the first step, 0 after the last (paper, Implementation Details; by step). */
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
