/** Progress bar of a training, with one line per epoch. */
import { type SelectionSplit, selectionSplit } from "../../data/sample.ts";
import { epochNumber, percent } from "../../evaluation/rows.ts";
import type { StepRecord } from "../../method/fit.ts";
import type { ProgressReporter, ProgressTask } from "../../platform/context.ts";
import type { EpochEnd, TrainerCallback } from "./callbacks.ts";

/** Summary of an epoch in one line. */
export function epochLine(
  { epoch, losses, validation, isBest }: EpochEnd,
  epochs: number,
  selection: SelectionSplit,
): string {
  const split = selection === "test" ? "test (paper protocol)" : "valid";
  const terms = Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const scores = [`${split} accuracy ${percent(validation.accuracy)}`, `UAR ${percent(validation.uar)}`];
  return [`epoch ${epochNumber(epoch)}/${epochs}`, ...terms, ...scores, ...(isBest ? ["best"] : [])].join("  ");
}

/** Line of a step that was skipped because a gradient overflowed half precision. */
export const skippedLine = ({ step, lossScale }: Pick<StepRecord, "step" | "lossScale">): string =>
  `step ${step}: a gradient overflows half precision at a loss scale of ${lossScale}; the step is skipped and the scale halved`;

/** Callback that reports the progress of a training, with the time left of its steps and validations. `clock` gives seconds. */
export function progressCallback(
  progress: ProgressReporter,
  clock: () => number = () => performance.now() / 1000,
): TrainerCallback {
  let task: ProgressTask | undefined;
  let seen = 0;
  let skipped = 0;
  let epochs = 0;
  let selection = selectionSplit(false);
  const pace = new Pace(clock);
  return {
    name: "progress",
    onRunStart: ({ config, steps, stepsDone, images, imagesSeen }) => {
      const total = Math.min(steps * config.batchSize, config.epochs * images);
      seen = imagesSeen;
      epochs = config.epochs;
      selection = selectionSplit(config.paperProtocol);
      const perEpoch = Math.ceil(images / config.batchSize);
      pace.begin(steps - stepsDone, Math.ceil(steps / perEpoch) - Math.floor(stepsDone / perEpoch));
      const left = () => ({ task: pace.left() });
      task = progress.start({ label: "training", total, unit: "images", done: imagesSeen, left });
    },
    onStep: (record) => {
      seen += record.images;
      pace.step();
      if (record.skipped) {
        skipped++;
        task?.note(skippedLine(record));
      }
      task?.update(seen, skipped === 0 ? record.losses : { ...record.losses, skipped });
    },
    onEpochEnd: (epoch) => {
      pace.validation();
      task?.note(epochLine(epoch, epochs, selection));
    },
    onRunEnd: ({ status }) => {
      if (status !== "failed") task?.finish();
    },
  };
}

/** Mean times of a training's steps and validations so far, and the time left. */
class Pace {
  readonly #clock: () => number;
  #last = 0;
  #steps = { left: 0, done: 0, seconds: 0 };
  #validations = { left: 0, done: 0, seconds: 0 };

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  begin(steps: number, validations: number): void {
    this.#last = this.#clock();
    this.#steps = { left: steps, done: 0, seconds: 0 };
    this.#validations = { left: validations, done: 0, seconds: 0 };
  }

  step(): void {
    this.#steps = this.#after(this.#steps);
  }

  validation(): void {
    this.#validations = this.#after(this.#validations);
  }

  /** Seconds left; undefined before the first step. The first validation's time is unknown until it has ended, and not counted. */
  left(): number | undefined {
    if (this.#steps.done === 0) return undefined;
    const mean = ({ seconds, done }: { seconds: number; done: number }) => (done > 0 ? seconds / done : 0);
    return this.#steps.left * mean(this.#steps) + this.#validations.left * mean(this.#validations);
  }

  #after({ left, done, seconds }: { left: number; done: number; seconds: number }) {
    const now = this.#clock();
    const took = now - this.#last;
    this.#last = now;
    return { left: Math.max(0, left - 1), done: done + 1, seconds: seconds + took };
  }
}
