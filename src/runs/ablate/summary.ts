/** Summary statistics of an ablation's rows: means over seeds, and a paired bootstrap test against the row above. */
import { bootstrapIntervals, type Interval } from "../../evaluation/intervals.ts";

/** Scores of one run on the scored split. All runs list the images in the same order. */
export interface RunScores {
  readonly seed: number;
  readonly accuracy: number;
  readonly uar: number;
  /** for each image, 1 if it is classified correctly, else 0 */
  readonly hits: readonly number[];
}

/** Mean and standard deviation over seeds. */
export interface Spread {
  readonly mean: number;
  /** standard deviation over seeds (n − 1); absent for one seed */
  readonly sd?: number;
}

/** Accuracy gained over the row above, on the same images and seeds. */
export interface Gain {
  readonly difference: number;
  /** 95 % paired bootstrap interval over images */
  readonly interval: Interval;
  /** two-sided bootstrap p-value: twice the share of resamples with the opposite sign */
  readonly p: number;
}

/** Scores of a row's runs on one split. */
export interface RowScores {
  readonly accuracy: Spread;
  readonly uar: Spread;
  readonly runs: readonly Omit<RunScores, "hits">[];
  readonly gain?: Gain;
}

/** Summary of one row. */
export interface RowSummary extends RowScores {
  readonly name: string;
  /** scores on the test split, if it was opened after all runs finished */
  readonly test?: RowScores;
  /** number of learned values */
  readonly parameters: number;
  /** size of the learned values in half precision, MiB, as in the paper's Table 4 */
  readonly mebibytes: number;
  /** the paper's accuracy in percent for the same row and data set; its backbone and training differ */
  readonly paper?: number;
  /** size of the learned values, "MB" in the paper's Table 4 */
  readonly paperMegabytes?: number;
}

/** Mean and sample standard deviation of some values. */
export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}

/**
 * Accuracy gained by `row` over `above`, with a paired bootstrap over images. Each image is resampled together with the runs of all
 * seeds, so that seeds do not count as independent evidence.
 */
export function gainOver(above: readonly RunScores[], row: readonly RunScores[]): Gain {
  const n = row[0].hits.length;
  const perImage = Array.from({ length: n }, (_, i) => meanHit(row, i) - meanHit(above, i));
  const meanOf = (indices: Int32Array) => indices.reduce((sum, i) => sum + perImage[i], 0) / n;
  const differences: number[] = [];
  const [interval] = bootstrapIntervals(
    n,
    (indices) => {
      const difference = meanOf(indices);
      differences.push(difference);
      return [difference];
    },
    { resamples: 2000 },
  );
  const below = differences.filter((difference) => difference <= 0).length / differences.length;
  const over = differences.filter((difference) => difference >= 0).length / differences.length;
  const difference = perImage.reduce((sum, value) => sum + value, 0) / n;
  return { difference, interval, p: Math.min(1, 2 * Math.min(below, over)) };
}

const meanHit = (runs: readonly RunScores[], i: number): number =>
  runs.reduce((sum, { hits }) => sum + hits[i], 0) / runs.length;
