/** The images of a split as a training reads them. */
import type { LabelRule } from "../data/ferplusRules.ts";
import type { SplitName } from "../data/sample.ts";
import { epochOrder, limitPerClass } from "../data/selection.ts";
import { loadSplit } from "../data/sources.ts";
import type { Backbone } from "../model/backbone.ts";
import type { RunContext } from "../runContext.ts";
import { BadImages } from "./badImages.ts";
import { ImageSource } from "./imageSource.ts";

/** What of a training's options decides which images there are. */
export interface ImagesConfig {
  /** folder of the data set */
  readonly data: string;
  /** its kind */
  readonly dataset: string;
  readonly labelRule: LabelRule;
  readonly paperProtocol: boolean;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly allowBad?: number | undefined;
  readonly dataWorkers: number;
}

/** A split cut to `limit` images a class, which come first in the run's seeded shuffle (file order without it). */
export async function openTrainingImages(
  config: ImagesConfig,
  backbone: Backbone,
  name: SplitName,
  limit: number | undefined,
  { signal, notice = () => undefined }: RunContext,
): Promise<ImageSource> {
  const { labelRule, paperProtocol } = config;
  // Nothing is held out for validation where nothing is validated on it.
  const whole = await loadSplit(config.dataset, config.data, name, { labelRule, holdOut: !paperProtocol });
  const { samples } = whole;
  const { seed, shuffle } = config;
  const order = epochOrder({ size: samples.length, seed, epoch: 0, shuffle });
  const split = limit === undefined ? whole : { ...whole, samples: limitPerClass(samples, limit, order) };
  const bad = new BadImages({ name, size: split.samples.length }, config.allowBad, notice);
  return new ImageSource(split, { preprocess: backbone.preprocess, bad, signal, workers: config.dataWorkers });
}
