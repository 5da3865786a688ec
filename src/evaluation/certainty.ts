/** What a model answers for each image, and how sure it is. */
export interface Certainty {
  /** [n], the class of the largest probability; of equal ones the lower class */
  readonly predicted: readonly number[];
  /** [n], that probability */
  readonly confidence: readonly number[];
  /** [n] */
  readonly isRight: readonly boolean[];
}

/** `probabilities` is [n, classes]. */
export function certainty(probabilities: ArrayLike<number>, labels: readonly number[], classes: number): Certainty {
  const predicted: number[] = [];
  const confidence: number[] = [];
  for (const row of labels.keys()) {
    let best = 0;
    const at = (c: number) => probabilities[row * classes + c];
    for (let c = 1; c < classes; c++) if (at(c) > at(best)) best = c;
    predicted.push(best);
    confidence.push(at(best));
  }
  return { predicted, confidence, isRight: labels.map((label, row) => predicted[row] === label) };
}
