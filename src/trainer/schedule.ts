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
