import { describe, expect, it } from "vitest";
import { classes, expected, labels, probabilities } from "../../test/metricsFixture.ts";
import {
  calibrationError,
  coverageAt,
  coverageCurve,
  fitTemperature,
  reliability,
  withTemperature,
} from "./calibration.ts";
import { certainty } from "./metrics.ts";

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
  it("finds SciPy's temperature and log loss", () => {
    const temperature = fitTemperature(probabilities, labels, classes);
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

  it("keeps a row that was rounded to one class finite", () => {
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
