/** Agreement of predictions with label distributions, such as the votes of FER+. */
import { certainty, logOf } from "./certainty.ts";

/** Figures of n images, means over the images. */
export interface DistributionFigures {
  /** Kullback–Leibler divergence of the prediction from the target, Σ_c t_c ln(t_c / p_c), in nats */
  readonly kl: number;
  /** share of the votes for the predicted class */
  readonly softAccuracy: number;
  /** soft accuracy of always predicting the class with the most votes, the maximum */
  readonly softAccuracyBound: number;
}

/** Predictions and targets of n images. */
export interface Distributions {
  /** [n, C] */
  readonly probabilities: ArrayLike<number>;
  /** [n][C], each of sum 1 */
  readonly targets: readonly (readonly number[])[];
  readonly classes: number;
}

/** Computes the figures; ties of a prediction go to the lower class index. */
export function scoreDistributions({ probabilities, targets, classes }: Distributions): DistributionFigures {
  const labels = targets.map((target) => target.indexOf(Math.max(...target)));
  const { predicted } = certainty(probabilities, labels, classes);
  const mean = (value: (target: readonly number[], row: number) => number) =>
    targets.reduce((sum, target, row) => sum + value(target, row), 0) / targets.length;
  const divergence = (target: readonly number[], row: number) =>
    target.reduce(
      (sum, t, c) => (t === 0 ? sum : sum + t * (Math.log(t) - logOf(probabilities[row * classes + c]))),
      0,
    );
  return {
    kl: mean(divergence),
    softAccuracy: mean((target, row) => target[predicted[row]]),
    softAccuracyBound: mean((target, row) => target[labels[row]]),
  };
}
