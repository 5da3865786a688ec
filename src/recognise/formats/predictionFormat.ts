/** A way to write the answers of `predict` as text, one picture after another. */
import type { FilePrediction } from "../predictPictures.ts";

/** A form of the answers of `predict`, by its name. */
export interface PredictionFormat {
  /** `--output NAME=FILE` */
  readonly name: string;
  /** Starts one file; `classes` are in the order of the probabilities. */
  open(classes: readonly string[]): PredictionText;
}

/** Text before the first answer, for each answer, and after the last. */
export interface PredictionText {
  readonly head: string;
  /** The text of one picture's answer. */
  each(answer: FilePrediction): string;
  /** What stands after the last answer. */
  tail(): string;
}
