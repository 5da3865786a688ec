/** Percentile bootstrap intervals (Efron 1979) of figures over images. */
import { Random } from "../random.ts";

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
