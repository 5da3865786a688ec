/** Interface of the outputs of `predict`. */
import type { Predicted } from "./filePrediction.ts";

/** An output that receives one prediction after another. */
export interface PredictionOutput {
  add(predicted: Predicted): Promise<void>;
  /** Completes the output and moves it to its final path. Returns a line that says where it is; none on standard output. */
  finish(): Promise<string | undefined>;
  /** Removes unfinished output. */
  dispose(): Promise<void>;
}
