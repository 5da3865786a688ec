/** Classification metrics: accuracy over images, UAR over classes with equal weight, and the confusion matrix. */

import { MpaError } from "../platform/errors.ts";
import { calibrationError, reliability } from "./calibration.ts";
import { certainty } from "./certainty.ts";

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
  /** class names in the order of `confusion` */
  readonly classes: readonly string[];
  /** by class name; its keys say nothing about the order, as JavaScript puts integer-like names such as "2" first */
  readonly perClass: Readonly<Record<string, ClassMetrics>>;
  /** confusion matrix of counts, [true][predicted], both in the order of `classes` */
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
  const n = labels.length;
  checkFinite(probabilities, n * classes.length);
  const { predicted, confidence, isRight } = certainty(probabilities, labels, classes.length);
  const confusion = classes.map(() => classes.map(() => 0));
  for (const [row, label] of labels.entries()) confusion[label][predicted[row]]++;
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
    classes,
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

function checkFinite(probabilities: ArrayLike<number>, length: number): void {
  for (let i = 0; i < length; i++) {
    if (Number.isFinite(probabilities[i])) continue;
    const what = `a probability became ${probabilities[i]}`;
    throw new MpaError("NUMERIC", what, { fix: "check the weights and the checkpoint" });
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
