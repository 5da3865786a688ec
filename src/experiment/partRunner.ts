/** Computes parts of a training's steps, for its own process or for another one. */
import type { TrainConfig } from "../config.ts";
import type { RunPart } from "../parallel/exchange.ts";
import type { Session } from "../runtime/session.ts";
import { partFeeds, type StepOptions } from "../trainer/step.ts";
import type { ImageSource } from "./imageSource.ts";
import { targets } from "./targets.ts";

export interface PartRunnerParts {
  readonly source: ImageSource;
  /** runs the graph of images (`trainingGraph.ts`) */
  readonly images: Session;
  readonly options: StepOptions;
}

/** An unreadable image makes the batch smaller, so it is told of instead of any results. */
export function partRunner(
  { source, images, options }: PartRunnerParts,
  { augment, seed }: Pick<TrainConfig, "augment" | "seed">,
): RunPart {
  return async ({ step, part, epoch, size, draws }, feeds) => {
    const started = performance.now();
    const read = await source.read(draws, augment === "paper" ? { seed, epoch } : undefined);
    const { indices, pixels, bad } = read;
    const batch = { size: indices.length, images: pixels, target: targets(source.split, indices), labels: read.labels };
    const results = bad.length > 0 ? {} : await images.run({ ...feeds, ...partFeeds(batch, size, options) });
    return { step, part, took: performance.now() - started, bad: [...bad], results };
  };
}
