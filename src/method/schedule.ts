/** Learning-rate schedules by step, and their warm-up (docs/method.md, Training options). */
import { namesOf, Registry } from "../platform/registry.ts";

/** Learning rate as a function of the step, from 0. */
export type Schedule = (step: number) => number;

/** A schedule that `--schedule` selects by name. */
export interface ScheduleKind {
  readonly name: string;
  /** The learning rate at a step, counted from 0, of a training of `steps` steps; `lr` is that of `--lr`. */
  rate(lr: number, step: number, steps: number): number;
}

/** lr/2·(1 + cos(π·step/steps)), from lr at the first step to 0 after the last (paper, Implementation Details). */
export const cosineSchedule: ScheduleKind = {
  name: "cosine",
  rate: (lr, step, steps) => (lr / 2) * (1 + Math.cos((Math.PI * step) / steps)),
};

/** lr at every step. */
export const constantSchedule: ScheduleKind = { name: "constant", rate: (lr) => lr };

/** lr·(1 − step/steps), from lr at the first step to 0 after the last; PyTorch's `LinearLR` from 1 to 0. */
export const linearSchedule: ScheduleKind = { name: "linear", rate: (lr, step, steps) => lr * (1 - step / steps) };

/** lr, a tenth from half of the steps and a hundredth from three quarters (He et al. 2016, section 4.2); PyTorch's `MultiStepLR`. */
export const stepSchedule: ScheduleKind = {
  name: "step",
  rate: (lr, step, steps) => lr * 0.1 ** [0.5, 0.75].filter((share) => step >= Math.floor(share * steps)).length,
};

/** Registry of the schedules of `--schedule`. */
export const schedules = new Registry<ScheduleKind>("schedule", /^[a-z][\w-]*$/, [
  cosineSchedule,
  constantSchedule,
  linearSchedule,
  stepSchedule,
]);

/** Learning rates of the warm-up by name, from `low`, at a step of `steps` warm-up steps. */
export const warmups = {
  /** `low` at every step (CoOp) */
  constant: (low: number) => low,
  /** from `low` at the first step to lr after the last; PyTorch's `LinearLR` */
  linear: (low: number, lr: number, step: number, steps: number) => low + ((lr - low) * step) / steps,
} as const;

export type WarmupName = keyof typeof warmups;
export const warmupNames = namesOf(warmups);

/** Warm-up of a schedule. */
export interface Warmup {
  readonly kind: WarmupName;
  /** learning rate of its first step */
  readonly lr: number;
  /** number of steps */
  readonly steps: number;
}

/** The schedule of a training. After the warm-up the schedule runs over the remaining steps, as in PyTorch's `SequentialLR`. */
export const scheduleOf = (kind: ScheduleKind, lr: number, steps: number, warmup?: Warmup): Schedule => {
  if (warmup === undefined) return (step) => kind.rate(lr, step, steps);
  const first = Math.min(warmup.steps, steps);
  return (step) =>
    step < first
      ? warmups[warmup.kind](warmup.lr, lr, step, first)
      : kind.rate(lr, step - first, Math.max(1, steps - first));
};
