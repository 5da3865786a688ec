/** Interface of the outputs of `predict`. */
import type { Predicted } from "./filePrediction.ts";

/** An output that receives one prediction after another. */
export interface PredictionOutput {
  add(predicted: Predicted): Promise<void>;
  /** Completes the output and moves it to its final path. */
  finish(): Promise<void>;
  /** Removes unfinished output. */
  dispose(): Promise<void>;
}
