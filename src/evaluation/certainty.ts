/** The predicted class and confidence of each image. */
export interface Certainty {
  /** [n], class of the maximum probability; ties go to the lower index */
  readonly predicted: readonly number[];
  /** [n], that probability */
  readonly confidence: readonly number[];
  /** [n] */
  readonly isRight: readonly boolean[];
}

/** The predictions for `probabilities` [n, classes]. */
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

/** The logarithm of a probability; 0 counts as the smallest positive single-precision number. */
export const logOf = (p: number): number => Math.log(Math.max(p, 1e-45));
