/** Confidence intervals: percentile bootstrap (Efron 1979) of metrics over images, and Wilson's of a proportion. */
import { Random } from "../platform/random.ts";

/** Bounds of an interval. */
export type Interval = readonly [low: number, high: number];

/** Options of the bootstrap. */
export interface BootstrapOptions {
  /** number of resamples; default 1000 */
  readonly resamples?: number;
  /** confidence level; default 0.95 */
  readonly level?: number;
  readonly seed?: number;
}

/**
 * Percentile bootstrap intervals of the metrics that `figures` computes for a resample, n indices from 0 … n−1 drawn with
 * replacement. The result is deterministic for a seed.
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

/** Intervals of the main metrics. */
export interface HeadlineIntervals {
  readonly accuracy: Interval;
  readonly uar: Interval;
}

/** 95 % bootstrap intervals of accuracy and UAR; `predicted` and `labels` are class indices, one per image. */
export function headlineIntervals(
  predicted: readonly number[],
  labels: readonly number[],
  classes: number,
): HeadlineIntervals {
  const [accuracy, uar] = bootstrapIntervals(labels.length, (indices) => {
    const hits = new Int32Array(classes);
    const support = new Int32Array(classes);
    for (const i of indices) {
      support[labels[i]]++;
      if (predicted[i] === labels[i]) hits[labels[i]]++;
    }
    let [correct, recalls, present] = [0, 0, 0];
    for (let c = 0; c < classes; c++) {
      correct += hits[c];
      if (support[c] === 0) continue;
      recalls += hits[c] / support[c];
      present++;
    }
    return [correct / indices.length, recalls / present];
  });
  return { accuracy, uar };
}

/** Wilson's 95 % interval of the proportion `hits` / `n` (Wilson 1927), also valid for small n. */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = hits / n;
  const scale = 1 / (1 + (z * z) / n);
  const centre = scale * (share + (z * z) / (2 * n));
  const half = scale * z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** The `tail` and 1 − `tail` quantiles with linear interpolation. */
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
