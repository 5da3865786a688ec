import { describe, expect, it } from "vitest";
import { classes, expected, labels, probabilities } from "../../test/metricsFixture.ts";
import { Random } from "../platform/random.ts";
import {
  calibrationError,
  coverageAt,
  coverageCurve,
  fitNotice,
  fitTemperature,
  reliability,
  withTemperature,
} from "./calibration.ts";
import { certainty } from "./certainty.ts";
import { scoreClassification } from "./metrics.ts";

it("reliability and the calibration error are scikit-learn's", () => {
  const { confidence, isRight } = certainty(probabilities, labels, classes);
  const bins = reliability(confidence, isRight);
  expect(bins.map(({ count }) => count)).toEqual(expected.reliability.map(([count]) => count));
  for (const [b, [, mean, share]] of expected.reliability.entries()) {
    expect(bins[b].confidence).toBeCloseTo(mean, 6);
    expect(bins[b].accuracy).toBeCloseTo(share, 12);
    expect(bins[b].confidence).toBeGreaterThan(bins[b].low);
    expect(bins[b].confidence).toBeLessThanOrEqual(bins[b].high);
  }
  expect(calibrationError(bins)).toBeCloseTo(expected.ece, 6);
});

describe("temperature scaling", () => {
  /** Rows of two classes: the first class has these logits more than the second. */
  const rows = (...logits: readonly number[]) =>
    Float32Array.from(logits.flatMap((logit) => [1 / (1 + Math.exp(-logit)), 1 / (1 + Math.exp(logit))]));

  it("is used if it improves the images that it was fitted on", () => {
    // Right three times of four, and sure of it as if never wrong.
    const fit = fitTemperature(rows(9, 9, 9, 9), [0, 0, 0, 1], 2);
    expect(fit.fitted).toBeCloseTo(9 / Math.log(3), 2);
    expect(fit).toMatchObject({ temperature: fit.fitted, atBound: false, images: 4 });
    expect(fit.after.nll).toBeLessThan(fit.before.nll);
    expect(fit.after.ece).toBeLessThan(fit.before.ece);
    expect(fitNotice(fit)).toBeUndefined();
  });

  it("is used at the upper bound for confident wrong predictions, with a notice", () => {
    const fit = fitTemperature(rows(1, 2, 3), [1, 1, 1], 2);
    expect(fit).toMatchObject({ temperature: fit.fitted, atBound: true });
    expect(fit.fitted).toBeCloseTo(100, 6);
    expect(fit.after.ece).toBeLessThan(fit.before.ece);
    expect(fitNotice(fit)).toMatch(/bound of its search \(100\), .*it is used as it is/);
  });

  it.each([
    ["all answers are right: the smaller, the better", [0.2, 1, 2], [0, 0, 0], 0.01],
    ["all are right and sure: the loss is flat before the bound", [40, 60, 80], [0, 0, 0], 0.01],
    ["a search up to 1/20 would have ended at its bound", [0.3, 0.3, 0.3], [0, 0, 0], 0.01],
  ])("stays 1 at the lower bound, with a notice: %s", (_, logits, truth, bound) => {
    const fit = fitTemperature(rows(...logits), truth, 2);
    expect(fit).toMatchObject({ temperature: 1, atBound: true });
    expect(fit.fitted).toBeCloseTo(bound, 6);
    expect(fitNotice(fit)).toMatch(/bound of its search \(0\.0100\), for the 3 images/);
  });

  it("finds temperatures beyond twenty", () => {
    const fit = fitTemperature(rows(40, 40, 40, 40, 40), [0, 0, 0, 1, 1], 2);
    expect(fit.fitted).toBeCloseTo(40 / Math.log(1.5), 0);
    expect(fit.temperature).toBe(fit.fitted);
  });

  it("stays 1 if it would increase ECE on the images that it was fitted on", () => {
    const fit = fitTemperature(rows(1, -0.4, 1.3, 2.1, -0.2, 0.7, 2, 0.7), [1, 0, 0, 0, 1, 0, 0, 0], 2);
    expect(fit.after.nll).toBeLessThan(fit.before.nll);
    expect(fit.after.ece).toBeGreaterThan(fit.before.ece);
    expect(fit).toMatchObject({ temperature: 1, atBound: false });
    expect(fitNotice(fit)).toMatch(/does no good there \(ECE from /);
  });

  it("never makes its own images worse", () => {
    for (let trial = 0; trial < 100; trial++) {
      const random = new Random("temperature", trial);
      const n = 1 + random.integer(12);
      const logits = Array.from({ length: n }, () => 6 * random.uniform() - 3);
      const truth = Array.from({ length: n }, () => random.integer(2));
      const given = rows(...logits);
      const { temperature } = fitTemperature(given, truth, 2);
      const used = withTemperature(given, 2, temperature);
      const [before, after] = [given, used].map((p) =>
        scoreClassification({ probabilities: p, labels: truth, classes: ["a", "b"] }),
      );
      expect(after.ece, `trial ${trial}`).toBeLessThanOrEqual(before.ece + 1e-6);
    }
  });

  it("finds SciPy's temperature and log loss", () => {
    const { fitted: temperature } = fitTemperature(probabilities, labels, classes);
    expect(temperature).toBeCloseTo(expected.temperature, 3);
    const scaled = withTemperature(probabilities, classes, temperature);
    const loss = labels.reduce((sum, label, row) => sum - Math.log(scaled[row * classes + label]), 0) / labels.length;
    expect(loss).toBeCloseTo(expected.logLoss, 5);
  });

  it("is the identity at 1 and never changes a prediction", () => {
    for (const [i, value] of withTemperature(probabilities, classes, 1).entries()) {
      expect(value).toBeCloseTo(probabilities[i], 5);
    }
    const answers = (rows: Float32Array) =>
      labels.map((_, row) => {
        const own = rows.subarray(row * classes, (row + 1) * classes);
        return own.indexOf(Math.max(...own));
      });
    expect(answers(withTemperature(probabilities, classes, 3))).toEqual(answers(probabilities));
  });

  it("is finite for a row that was rounded to one class", () => {
    expect([...withTemperature(Float32Array.of(1, 0), 2, 2)]).toEqual([1, expect.closeTo(0, 6)]);
  });
});

describe("abstention", () => {
  const confidence = [0.9, 0.8, 0.6, 0.4];
  const isRight = [true, true, false, true];

  it("accepts predictions from the threshold", () => {
    expect(coverageAt(confidence, isRight, 0.6)).toEqual({ threshold: 0.6, coverage: 0.75, accuracy: 2 / 3 });
    expect(coverageAt(confidence, isRight, 0.7)).toEqual({ threshold: 0.7, coverage: 0.5, accuracy: 1 });
    expect(coverageAt(confidence, isRight, 0.95)).toEqual({ threshold: 0.95, coverage: 0, accuracy: 1 });
  });

  it("starts the curve at full coverage", () => {
    expect(coverageCurve(confidence, isRight)).toEqual([
      { threshold: 0.4, coverage: 1, accuracy: 0.75 },
      { threshold: 0.6, coverage: 0.75, accuracy: 2 / 3 },
      { threshold: 0.8, coverage: 0.5, accuracy: 1 },
      { threshold: 0.9, coverage: 0.25, accuracy: 1 },
    ]);
  });
});
