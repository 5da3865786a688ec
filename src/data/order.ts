import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import type { Sample } from "./sample.ts";

export interface EpochOrderRequest {
  /** number of samples in the split */
  readonly size: number;
  readonly seed: number;
  /** counted from 0; the order of epoch 0 is the run's seeded shuffle (docs/method.md) */
  readonly epoch: number;
  /** false: file order */
  readonly shuffle: boolean;
}

/** Order of the samples in an epoch: a permutation of 0 … size−1 (docs/method.md, A step of training). */
export function epochOrder({ size, seed, epoch, shuffle }: EpochOrderRequest): number[] {
  return shuffle ? new Random(seed, "order", epoch).permutation(size) : Array.from({ length: size }, (_, i) => i);
}

/** Splits `order` into batches; the last one may be smaller (docs/method.md, A step of training). */
export function batches<T>(order: readonly T[], batchSize: number): T[][] {
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  );
}

/** Selects the first `n` samples of each class in `order` (indices into `samples`); the result is in file order. */
export function limitPerClass(samples: readonly Sample[], n: number, order: readonly number[]): Sample[] {
  return firstOfEachClass(samples, n, order).map((i) => samples[i]);
}

export interface PrototypeRequest {
  readonly samples: readonly Sample[];
  readonly classes: readonly string[];
  /** images per class */
  readonly n: number | "all";
  readonly seed: number;
  readonly shuffle: boolean;
}

/**
 * Selects the training images of the prototypes (docs/method.md, Prototypes): all, or the first `n` of each class in the run's
 * seeded shuffle, or in file order without shuffling; all of a class with fewer. Returns indices into `samples` in file order.
 * Throws DATASET for a class without images.
 */
export function prototypeSubset({ samples, classes, n, seed, shuffle }: PrototypeRequest): number[] {
  const present = new Set(samples.map(({ label }) => label));
  const empty = classes.find((_, label) => !present.has(label));
  if (empty !== undefined) {
    const fix = "add images of it or leave prototypes out";
    throw new MpaError("DATASET", `the class ${empty} has no training image to make a prototype of`, { fix });
  }
  const order = epochOrder({ size: samples.length, seed, epoch: 0, shuffle });
  return firstOfEachClass(samples, n === "all" ? samples.length : n, order);
}

function firstOfEachClass(samples: readonly Sample[], n: number, order: readonly number[]): number[] {
  const taken = new Map<number, number>();
  const selected = order.filter((i) => {
    const count = taken.get(samples[i].label) ?? 0;
    taken.set(samples[i].label, count + 1);
    return count < n;
  });
  return selected.sort((a, b) => a - b);
}
