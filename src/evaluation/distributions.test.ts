import { expect, it } from "vitest";
import { scoreDistributions } from "./distributions.ts";

/** Probabilities and targets of three images. */
const probabilities = [0.7, 0.2, 0.1, 0.25, 0.25, 0.5, 0.1, 0.6, 0.3];
const targets = [
  [0.5, 0.5, 0],
  [0.1, 0.2, 0.7],
  [0.8, 0.1, 0.1],
];

it("agrees with scipy.stats.entropy(target, prediction) and NumPy", () => {
  const { kl, softAccuracy, softAccuracyBound } = scoreDistributions({ probabilities, targets, classes: 3 });
  expect(kl).toBeCloseTo(0.5878993624551049, 12);
  // Votes for the predictions, classes 0, 2 and 1: 0.5, 0.7 and 0.1.
  expect(softAccuracy).toBeCloseTo(1.3 / 3, 12);
  expect(softAccuracyBound).toBeCloseTo(2 / 3, 12);
});

it("is perfect for predictions equal to the targets, and accuracy for hard targets", () => {
  const same = scoreDistributions({ probabilities: targets.flat(), targets, classes: 3 });
  expect(same.kl).toBeCloseTo(0, 12);
  expect(same.softAccuracy).toBe(same.softAccuracyBound);
  const hard = scoreDistributions({
    probabilities,
    targets: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
    ],
    classes: 3,
  });
  expect(hard.softAccuracy).toBeCloseTo(2 / 3, 12);
  expect(hard.kl).toBeCloseTo(-(Math.log(0.7) + Math.log(0.25) + Math.log(0.6)) / 3, 12);
});

it("stays finite where a probability is 0", () => {
  const { kl } = scoreDistributions({ probabilities: [1, 0], targets: [[0.5, 0.5]], classes: 2 });
  expect(kl).toBeCloseTo(Math.log(0.5) - 0.5 * Math.log(1e-45), 6);
});
