/** The training batches of an epoch: order, batches and augmentation are functions of the seed alone (docs/method.md). */
import { sampledOrder } from "../data/samplers.ts";
import type { TrainingBatch } from "../trainer/step.ts";
import type { FrozenFeatures } from "./frozenFeatures.ts";
import type { Images } from "./images.ts";
import { featureBatches } from "./score.ts";
import { targets } from "./targets.ts";

interface OrderOptions {
  readonly seed: number;
  readonly shuffle: boolean;
  /** a sampler's name */
  readonly sampler: string;
}

interface BatchOptions extends OrderOptions {
  readonly augment: "none" | "paper";
  readonly batchSize: number;
}

/** Batches of `epoch` from number `from` on; `undefined` for one without a readable image. */
export async function* trainingBatches(
  source: Images,
  options: BatchOptions,
  features: FrozenFeatures | undefined,
  epoch: number,
  from: number,
): AsyncGenerator<TrainingBatch | undefined, void, undefined> {
  const { batchSize, seed } = options;
  const order = orderOf(source, options, epoch).filter((i) => features === undefined || features.has(i));
  const augment = options.augment === "paper" ? { seed, epoch } : undefined;
  const batches = features
    ? featureBatches(features, order.slice(from * batchSize), batchSize)
    : source.batches({ order, batchSize, skip: from, augment });
  for await (const { indices, pixels } of batches) {
    const labels = indices.map((i) => source.split.samples[i].label);
    yield indices.length === 0
      ? undefined
      : { size: indices.length, images: pixels, target: targets(source.split, indices), labels };
  }
}

/** The samples of an epoch in the order of their turn. */
export function orderOf({ split }: Images, { seed, shuffle, sampler }: OrderOptions, epoch: number): readonly number[] {
  return sampledOrder(sampler, { labels: split.samples.map(({ label }) => label), seed, epoch, shuffle });
}
