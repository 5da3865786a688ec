/** Classification metrics: accuracy over images, UAR over classes with equal weight, and the confusion matrix. */

import { MpaError } from "../platform/errors.ts";
import { calibrationError, reliability } from "./calibration.ts";

/** Metrics of one class. */
export interface ClassMetrics {
  readonly recall: number;
  /** 0 if the class was never predicted */
  readonly precision: number;
  /** 0 if recall and precision are both 0 */
  readonly f1: number;
  /** number of images of the class */
  readonly support: number;
}

/** Metrics of a split; shares are in [0, 1]. */
export interface Metrics {
  /** share of images whose predicted class is their label */
  readonly accuracy: number;
  /** unweighted average recall over the classes with images */
  readonly uar: number;
  readonly perClass: Readonly<Record<string, ClassMetrics>>;
  /** confusion matrix of counts, [true][predicted] */
  readonly confusion: readonly (readonly number[])[];
  /** expected calibration error over 15 equal-width confidence bins (Guo et al. 2017, Eq. 3) */
  readonly ece: number;
  /** number of images */
  readonly n: number;
}

/** Predictions and labels of n images. */
export interface Classification {
  /** [n, C] */
  readonly probabilities: ArrayLike<number>;
  /** [n] */
  readonly labels: readonly number[];
  /** [C] */
  readonly classes: readonly string[];
}

/** Computes the metrics of a split. Ties go to the lower class index. Throws NUMERIC if a probability is not finite. */
export function scoreClassification({ probabilities, labels, classes }: Classification): Metrics {
  const confusion = classes.map(() => classes.map(() => 0));
  const confidence: number[] = [];
  const isRight: boolean[] = [];
  for (const [row, label] of labels.entries()) {
    const predicted = largest(probabilities, row * classes.length, classes.length);
    confusion[label][predicted]++;
    confidence.push(probabilities[row * classes.length + predicted]);
    isRight.push(predicted === label);
  }
  const n = labels.length;
  const perClass = classes.map((_, c) => classMetrics(confusion, c));
  const supported = perClass.filter(({ support }) => support > 0);
  return {
    accuracy: share(
      confusion.reduce((sum, row, c) => sum + row[c], 0),
      n,
    ),
    uar: share(
      supported.reduce((sum, { recall }) => sum + recall, 0),
      supported.length,
    ),
    perClass: Object.fromEntries(classes.map((name, c) => [name, perClass[c]])),
    confusion,
    ece: calibrationError(reliability(confidence, isRight)),
    n,
  };
}

function classMetrics(confusion: readonly (readonly number[])[], c: number): ClassMetrics {
  const support = confusion[c].reduce((a, b) => a + b, 0);
  const predicted = confusion.reduce((sum, row) => sum + row[c], 0);
  const hits = confusion[c][c];
  return {
    recall: share(hits, support),
    precision: share(hits, predicted),
    f1: share(2 * hits, support + predicted),
    support,
  };
}

function largest(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let c = 0; c < length; c++) {
    const value = values[start + c];
    if (!Number.isFinite(value)) {
      throw new MpaError("NUMERIC", `a probability became ${value}`, { fix: "check the weights and the checkpoint" });
    }
    if (value > values[start + best]) best = c;
  }
  return best;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
