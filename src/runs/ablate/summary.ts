/** What the runs of a table's rows come to: means over seeds, and whether a row differs from the one above. */
import { bootstrapIntervals, type Interval } from "../../evaluation/intervals.ts";

/** One run's answers on the scored split; images in the same order in every run. */
export interface RunScores {
  readonly seed: number;
  readonly accuracy: number;
  readonly uar: number;
  /** 1 for each image that it got right, else 0 */
  readonly hits: readonly number[];
}

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
  /** two-sided bootstrap p: how often resampling turns the sign, doubled */
  readonly p: number;
}

/** What a row's runs come to on one split. */
export interface RowScores {
  readonly accuracy: Spread;
  readonly uar: Spread;
  readonly runs: readonly Omit<RunScores, "hits">[];
  readonly gain?: Gain;
}

export interface RowSummary extends RowScores {
  readonly name: string;
  /** on the test split, where it was opened after everything else */
  readonly test?: RowScores;
  /** learned values, and their MiB in half precision as Table 4 counts them */
  readonly parameters: number;
  readonly mebibytes: number;
  /** the paper's accuracy in percent for the same row and data set, of another backbone and training */
  readonly paper?: number;
  /** Table 4's "MB" of the same backbone's learned values */
  readonly paperMegabytes?: number;
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}

/** Images are resampled, each with all its seeds, so what runs have in common does not count as evidence. */
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
