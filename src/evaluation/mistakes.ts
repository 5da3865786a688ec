/** The answers that were wrong, the surest first: where a model is most mistaken, or the label is. */
import { certainty } from "./certainty.ts";
import type { PredictionTable } from "./predictionsCsv.ts";

export interface Mistake {
  readonly file: string;
  readonly truth: string;
  readonly predicted: string;
  /** of the class that was predicted */
  readonly probability: number;
}

/** At most `n`; of equally sure ones the earlier first. */
export function worstMistakes({ files, labels, classes, probabilities }: PredictionTable, n: number): Mistake[] {
  const { predicted, confidence, isRight } = certainty(probabilities, labels, classes.length);
  const wrong = files.flatMap((file, row) =>
    isRight[row]
      ? []
      : [{ file, truth: classes[labels[row]], predicted: classes[predicted[row]], probability: confidence[row] }],
  );
  return wrong.toSorted((a, b) => b.probability - a.probability).slice(0, n);
}
