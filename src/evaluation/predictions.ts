/** Labels, predictions and probabilities of images as CSV (RFC 4180): `--predictions`, and `predictions.csv` of a run. */
import { cellText, csvLine, parseCsv } from "../platform/csv.ts";
import { MpaError } from "../platform/errors.ts";
import { certainty } from "./certainty.ts";

/** Predictions of n images. */
export interface PredictionTable {
  /** [n] */
  readonly files: readonly string[];
  /** [n] */
  readonly labels: readonly number[];
  readonly classes: readonly string[];
  /** [n, C] */
  readonly probabilities: ArrayLike<number>;
}

/** Writes the columns file, true, predicted, then one probability per class. */
export function predictionsCsv({ files, labels, classes, probabilities }: PredictionTable): string {
  const { predicted } = certainty(probabilities, labels, classes.length);
  const lines = files.map((file, row) => {
    const values = classes.map((_, c) => probabilities[row * classes.length + c]);
    return [file, classes[labels[row]], classes[predicted[row]], ...values];
  });
  return [["file", "true", "predicted", ...classes], ...lines].map(csvLine).join("");
}

/** Parses the output of `predictionsCsv`. Throws DATASET if it is malformed. */
export function readPredictions(text: string, where: string): PredictionTable {
  const [head, ...rows] = parseCsv(text, where);
  const classes = head?.cells.slice(3).map(cellText) ?? [];
  const fail = (line: number) =>
    new MpaError("DATASET", "not a row of predictions", { where: `${where}:${line}`, fix: "write the file again" });
  if (classes.length === 0) throw fail(1);
  const probabilities = new Float32Array(rows.length * classes.length);
  const labels = rows.map(({ cells, line }, row) => {
    if (cells.length !== classes.length + 3) throw fail(line);
    const [, truth, , ...values] = cells;
    const label = classes.indexOf(cellText(truth));
    if (label < 0) throw fail(line);
    probabilities.set(values.map(Number), row * classes.length);
    return label;
  });
  return { files: rows.map(({ cells }) => cellText(cells[0])), labels, classes, probabilities };
}

/** A misclassified image. */
export interface Mistake {
  readonly file: string;
  readonly truth: string;
  readonly predicted: string;
  /** probability of the predicted class */
  readonly probability: number;
}

/** Up to `n` mistakes of highest confidence, which may also indicate wrong labels; ties keep their order. */
export function worstMistakes({ files, labels, classes, probabilities }: PredictionTable, n: number): Mistake[] {
  const { predicted, confidence, isRight } = certainty(probabilities, labels, classes.length);
  const wrong = files.flatMap((file, row) =>
    isRight[row]
      ? []
      : [{ file, truth: classes[labels[row]], predicted: classes[predicted[row]], probability: confidence[row] }],
  );
  return wrong.toSorted((a, b) => b.probability - a.probability).slice(0, n);
}
