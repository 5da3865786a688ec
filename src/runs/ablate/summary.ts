/** Summary statistics of an ablation's rows: means over seeds, and a paired test against the previous row. */

import { type PairedDifference, pairedDifference } from "../../evaluation/pairedBootstrap.ts";
import type { Spread } from "../../evaluation/spread.ts";

/** Scores of one run on the scored split. All runs list the images in the same order. */
export interface RunScores {
  readonly seed: number;
  readonly accuracy: number;
  readonly uar: number;
  /** for each image, 1 if it is classified correctly, else 0 */
  readonly hits: readonly number[];
}

/** Accuracy gained over the previous row, on the same images and seeds. */
export type Gain = PairedDifference;

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
  /** number of trainable parameters */
  readonly parameters: number;
  /** size of the trainable parameters in half precision, MiB, as in the paper's Table 4 */
  readonly mebibytes: number;
  /** the paper's accuracy in percent for the same row and data set; its backbone and training differ */
  readonly paper?: number;
  /** size of the trainable parameters, "MB" in the paper's Table 4 */
  readonly paperMegabytes?: number;
}

/** Accuracy gained by `row` over `above`, paired by seed and image. */
export const gainOver = (above: readonly RunScores[], row: readonly RunScores[]): Gain =>
  pairedDifference(
    above.map(({ hits }) => hits),
    row.map(({ hits }) => hits),
  );
