/** Every image's label, prediction and probabilities as CSV (RFC 4180), for `--predictions`. */
export interface PredictionTable {
  /** [n] */
  readonly files: readonly string[];
  /** [n] */
  readonly labels: readonly number[];
  readonly classes: readonly string[];
  /** [n, C] */
  readonly probabilities: ArrayLike<number>;
}

/** Columns file, true, predicted, then a probability a class. */
export function predictionsCsv({ files, labels, classes, probabilities }: PredictionTable): string {
  const lines = files.map((file, row) => {
    const values = classes.map((_, c) => probabilities[row * classes.length + c]);
    const predicted = values.indexOf(Math.max(...values));
    return [file, classes[labels[row]], classes[predicted], ...values.map(String)];
  });
  return [["file", "true", "predicted", ...classes], ...lines]
    .map((line) => `${line.map(quoted).join(",")}\r\n`)
    .join("");
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
