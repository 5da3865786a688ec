/** How sure the headline figures are, given how many images they rest on. */
import { Random } from "../platform/random.ts";

/* Percentile bootstrap intervals (Efron 1979) of figures over images. */

export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** draws of n images with replacement */
  readonly resamples?: number;
  /** share of the draws inside the interval */
  readonly level?: number;
  readonly seed?: number;
}

/**
 * The interval of each of the figures that `figures` gives for a choice of images: indices into 0 … n−1, each as often as it was
 * drawn. A function of its arguments alone.
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

/** The `tail` and 1 − `tail` quantiles, linear between values. */
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

export interface HeadlineIntervals {
  readonly accuracy: Interval;
  readonly uar: Interval;
}

/** 95 % bootstrap intervals of accuracy and UAR; `predicted` and `labels` are classes 0 … C−1, one an image. */
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

/** Wilson's 95 % interval of a share (Wilson 1927): `hits` of `n`, sound for small n as well. */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = hits / n;
  const scale = 1 / (1 + (z * z) / n);
  const centre = scale * (share + (z * z) / (2 * n));
  const half = scale * z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
