import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import type { Sample } from "./sample.ts";

export interface EpochOrderRequest {
  /** number of samples in the split */
  readonly size: number;
  readonly seed: number;
  /** 0 for the first epoch; its order is what docs/method.md calls the run's seeded shuffle */
  readonly epoch: number;
  /** false: file order */
  readonly shuffle: boolean;
}

/** The order in which one epoch visits the samples: a permutation of 0 … size−1 (docs/method.md, A step of training). */
export function epochOrder({ size, seed, epoch, shuffle }: EpochOrderRequest): number[] {
  return shuffle ? new Random(seed, "order", epoch).permutation(size) : Array.from({ length: size }, (_, i) => i);
}

/** Slices of `order` of `batchSize`; the last partial batch is kept (docs/method.md, A step of training). */
export function batches<T>(order: readonly T[], batchSize: number): T[][] {
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  );
}

/** The first `n` samples of each class in `order` (indices into `samples`); the result is in file order. */
export function limitPerClass(samples: readonly Sample[], n: number, order: readonly number[]): Sample[] {
  return firstOfEachClass(samples, n, order).map((i) => samples[i]);
}

export interface PrototypeRequest {
  readonly samples: readonly Sample[];
  readonly classes: readonly string[];
  /** images a class */
  readonly n: number | "all";
  readonly seed: number;
  readonly shuffle: boolean;
}

/**
 * The training images that make the prototypes (docs/method.md, Prototypes): all, or the first `n` of each class in the order of
 * the run's seeded shuffle, or in file order without shuffling. Gives indices into `samples` in file order.
 * A class with fewer than `n` gives all it has; one with none fails with `DATASET`.
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
  const kept = order.filter((i) => {
    const count = taken.get(samples[i].label) ?? 0;
    taken.set(samples[i].label, count + 1);
    return count < n;
  });
  return kept.sort((a, b) => a - b);
}
