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

/** Callback that reports the progress of a training. */
export function progressCallback(progress: ProgressReporter): TrainerCallback {
  let task: ProgressTask | undefined;
  let seen = 0;
  let skipped = 0;
  let epochs = 0;
  let selection = selectionSplit(false);
  return {
    name: "progress",
    onRunStart: ({ config, steps, images, imagesSeen }) => {
      const total = Math.min(steps * config.batchSize, config.epochs * images);
      task = progress.start({ label: "training", total, unit: "images" });
      seen = imagesSeen;
      epochs = config.epochs;
      selection = selectionSplit(config.paperProtocol);
    },
    onStep: (record) => {
      seen += record.images;
      if (record.skipped) {
        skipped++;
        task?.note(skippedLine(record));
      }
      task?.update(seen, skipped === 0 ? record.losses : { ...record.losses, skipped });
    },
    onEpochEnd: (epoch) => task?.note(epochLine(epoch, epochs, selection)),
    onRunEnd: ({ status }) => {
      if (status !== "failed") task?.finish();
    },
  };
}
