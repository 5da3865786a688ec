/** Training batches of an epoch. Their order, content and augmentation depend on the seed alone (docs/method.md, A step of training). */

import type { ImageForm } from "../clip/pictureRows.ts";
import type { Augmentation } from "../data/augment.ts";
import type { Images } from "../data/batches.ts";
import type { Split } from "../data/sample.ts";
import { sampledOrder } from "../data/samplers.ts";
import { drawMix, mixedBatch } from "./mixup.ts";
import type { FrozenFeatures } from "./prototypes.ts";
import { featureBatches } from "./scoring.ts";
import type { TrainingBatch } from "./step.ts";

export interface OrderOptions {
  readonly seed: number;
  readonly shuffle: boolean;
  /** name of a registered sampler */
  readonly sampler: string;
}

export interface BatchOptions extends OrderOptions {
  readonly augment: Augmentation;
  readonly batchSize: number;
  /** α of mixup; default 0, none */
  readonly mixup?: number | undefined;
  /** how images are given; default pixels */
  readonly form?: ImageForm;
}

/** Batches of an epoch, starting at batch number `from`; `undefined` stands for a batch without a readable image. */
export async function* trainingBatches(
  source: Images,
  options: BatchOptions,
  features: FrozenFeatures | undefined,
  epoch: number,
  from: number,
): AsyncGenerator<TrainingBatch | undefined, void, undefined> {
  const { batchSize, mixup, seed, form } = options;
  const order = orderOf(source, options, epoch).filter((i) => features === undefined || features.has(i));
  const augment = augmentationOf(options, epoch);
  const batches = features
    ? featureBatches(features, order.slice(from * batchSize), batchSize)
    : source.batches({ order, batchSize, skip: from, augment, form });
  let batch = from;
  for await (const { indices, pixels } of batches) {
    const labels = indices.map((i) => source.split.samples[i].label);
    const plain = { size: indices.length, images: pixels, target: targets(source.split, indices), labels };
    const mix = drawMix(mixup, { seed, epoch, batch: batch++ }, indices.length);
    yield indices.length === 0 ? undefined : mix ? mixedBatch(plain, mix) : plain;
  }
}

/** The key of an epoch's random augmentation, or `undefined` when augmentation is off. */
export const augmentationOf = ({ augment, seed }: Pick<BatchOptions, "augment" | "seed">, epoch: number) =>
  augment === "paper" ? { seed, epoch } : undefined;

/** Sample indices in the order in which the epoch visits them. */
export const orderOf = (
  { split }: Images,
  { seed, shuffle, sampler }: OrderOptions,
  epoch: number,
): readonly number[] =>
  sampledOrder(sampler, { labels: split.samples.map(({ label }) => label), seed, epoch, shuffle });

/** Target distributions [n, C] of the samples at `indices`; one-hot for samples that have only a label. */
export function targets({ samples, classes }: Split, indices: readonly number[]): Float32Array {
  const rows = new Float32Array(indices.length * classes.length);
  for (const [place, index] of indices.entries()) {
    const { label, target } = samples[index];
    if (target === undefined) rows[place * classes.length + label] = 1;
    else rows.set(target, place * classes.length);
  }
  return rows;
}
