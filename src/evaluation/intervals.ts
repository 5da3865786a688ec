/** Confidence intervals of accuracy and UAR: percentile bootstrap (Efron 1979) and Wilson. */
import { Random } from "../platform/random.ts";

/** Bounds of a confidence interval. */
export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** number of resamples, each of n images with replacement */
  readonly resamples?: number;
  /** confidence level */
  readonly level?: number;
  readonly seed?: number;
}

/**
 * Percentile bootstrap intervals of the figures that `figures` computes from a resample: indices into 0 … n−1, with repeats.
 * Depends on its arguments only.
 */
export function bootstrapIntervals(
  n: number,
  figures: (indices: Int32Array) => readonly number[],
  { resamples = 1000, level = 0.95, seed = 1 }: BootstrapOptions = {},
): Interval[] {
  const random = new Random("bootstrap", seed, n);
  const indices = new Int32Array(n);
  const draws = Array.from({ length: resamples }, () => {
    for (let i = 0; i < n; i++) indices[i] = random.integer(n);
    return figures(indices);
  });
  return draws[0].map((_, figure) => {
    return quantiles(
      draws.map((draw) => draw[figure]),
      (1 - level) / 2,
    );
  });
}

/** Methods of an interval. */
export const intervalMethods = ["bootstrap", "Wilson"] as const;
export type IntervalMethod = (typeof intervalMethods)[number];

/** 95 % intervals of accuracy and UAR. */
export interface HeadlineIntervals {
  readonly accuracy: Interval;
  readonly uar: Interval;
  /** absent in older records, which used the bootstrap */
  readonly method?: { readonly accuracy: IntervalMethod; readonly uar: IntervalMethod } | undefined;
}

/**
 * 95 % intervals of accuracy and UAR; `predicted` and `labels` [n] are classes 0 … C−1. They are bootstrap intervals, or Wilson's
 * if every resample gives the same figure, as when all predictions are correct: the bootstrap is uninformative then.
 */
export function headlineIntervals(
  predicted: readonly number[],
  labels: readonly number[],
  classes: number,
): HeadlineIntervals {
  const [accuracy, uar] = bootstrapIntervals(labels.length, (indices) => {
    const { hits, support } = countsOf(predicted, labels, classes, indices);
    const recalls = hits.flatMap((count, c) => (support[c] === 0 ? [] : [count / support[c]]));
    return [sum(hits) / indices.length, sum(recalls) / recalls.length];
  });
  const { hits, support } = countsOf(predicted, labels, classes, labels.keys());
  const isSpread = ([low, high]: Interval) => low < high;
  return {
    accuracy: isSpread(accuracy) ? accuracy : wilsonInterval(sum(hits), labels.length),
    uar: isSpread(uar) ? uar : meanOfWilson(hits, support),
    method: {
      accuracy: isSpread(accuracy) ? "bootstrap" : "Wilson",
      uar: isSpread(uar) ? "bootstrap" : "Wilson",
    },
  };
}

/** Wilson's 95 % interval of a share `hits` / `n` (Wilson 1927), which also holds for small n. */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = hits / n;
  const scale = 1 / (1 + (z * z) / n);
  const centre = scale * (share + (z * z) / (2 * n));
  const half = scale * z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Number of images and of correct predictions of each class. */
function countsOf(
  predicted: readonly number[],
  labels: readonly number[],
  classes: number,
  indices: Iterable<number>,
): { readonly hits: readonly number[]; readonly support: readonly number[] } {
  const hits = Array<number>(classes).fill(0);
  const support = Array<number>(classes).fill(0);
  for (const i of indices) {
    support[labels[i]]++;
    if (predicted[i] === labels[i]) hits[labels[i]]++;
  }
  return { hits, support };
}

/** Mean of the classes' Wilson bounds, at least as wide as the interval of their mean recall. */
function meanOfWilson(hits: readonly number[], support: readonly number[]): Interval {
  const intervals = hits.flatMap((count, c) => (support[c] === 0 ? [] : [wilsonInterval(count, support[c])]));
  const mean = (bounds: readonly number[]) => sum(bounds) / bounds.length;
  return [mean(intervals.map(([low]) => low)), mean(intervals.map(([, high]) => high))];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The `tail` and 1 − `tail` quantiles, with linear interpolation. */
function quantiles(values: readonly number[], tail: number): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(sorted.length - 1, below + 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  };
  return [at(tail), at(1 - tail)];
}
