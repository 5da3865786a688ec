/** The bar of a training and its line an epoch. */
import { selectionSplit } from "../data/selectionSplit.ts";
import type { ProgressReporter, ProgressTask } from "../progress.ts";
import { epochLine } from "./epochLine.ts";
import type { TrainerCallback } from "./trainerCallback.ts";

export function progressCallback(progress: ProgressReporter): TrainerCallback {
  let task: ProgressTask | undefined;
  let seen = 0;
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
    onStep: ({ images, losses }) => {
      seen += images;
      task?.update(seen, losses);
    },
    onEpochEnd: (epoch) => task?.note(epochLine(epoch, epochs, selection)),
    onRunEnd: ({ status }) => {
      if (status !== "failed") task?.finish();
    },
  };
}
