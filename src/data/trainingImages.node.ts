/** The images of a training: a split of its data set, cut to its limit per class. */
import type { Backbone } from "../clip/backbone.ts";
import { contextOf, type RunContext } from "../platform/context.ts";
import { loadSplit } from "./datasets.node.ts";
import type { LabelRule } from "./ferplusVotes.ts";
import { BadImages, ImageSource } from "./images.node.ts";
import { epochOrder, limitPerClass } from "./order.ts";
import type { PartConfig } from "./part.node.ts";
import type { Split, SplitName } from "./sample.ts";

/** Options of a training that concern its images. */
export interface ImagesConfig extends PartConfig {
  /** folder of the data set */
  readonly data: string;
  /** kind of the data set */
  readonly dataset: string;
  readonly labelRule: LabelRule;
  readonly paperProtocol: boolean;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly allowBad?: number | undefined;
  readonly dataWorkers: number;
}

/** Opens a split of a training with the backbone's preprocessing. Throws as `loadTrainingSplit` does. */
export async function openTrainingImages(
  config: ImagesConfig,
  backbone: Backbone,
  name: SplitName,
  limit: number | undefined,
  context: RunContext,
): Promise<ImageSource> {
  const { signal, notice } = contextOf(context);
  const split = await loadTrainingSplit(config, name, limit, context);
  const bad = new BadImages({ name, size: split.samples.length }, config.allowBad, notice);
  return new ImageSource(split, { preprocess: backbone.preprocess, bad, signal, workers: config.dataWorkers });
}

/** Options that determine the images of a training. */
export type TrainingSplitConfig = Pick<
  ImagesConfig,
  "dataset" | "data" | "labelRule" | "paperProtocol" | "seed" | "shuffle" | keyof PartConfig
>;

/**
 * Loads a split with at most `limit` images per class, the first ones in the run's seeded shuffle, or in file order without
 * shuffling. Throws as `loadSplit` does.
 */
export async function loadTrainingSplit(
  { dataset, data, labelRule, paperProtocol, seed, shuffle, ...part }: TrainingSplitConfig,
  name: SplitName,
  limit: number | undefined,
  { notice }: RunContext = {},
): Promise<Split> {
  // The paper's protocol does not use the validation split, so nothing is held out for it.
  const whole = await loadSplit(dataset, data, name, {
    ...{ labelRule, part },
    holdOut: !paperProtocol,
    ...(notice && { notice }),
  });
  if (limit === undefined) return whole;
  const order = epochOrder({ size: whole.samples.length, seed, epoch: 0, shuffle });
  return { ...whole, samples: limitPerClass(whole.samples, limit, order) };
}
