/** Figures agree with scikit-learn's and SciPy's (tools/fixtures/metrics.py), and intervals cover as often as they say. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
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
import { bootstrapIntervals, headlineIntervals, wilsonInterval } from "./intervals.ts";
import { scoreClassification } from "./metrics.ts";
import { intervalKind } from "./rows.ts";

const numbers = z.array(z.number());
const expected = z
  .object({
    ...{ probabilities: z.array(numbers), labels: numbers, confusion: z.array(numbers) },
    ...{ accuracy: z.number(), uar: z.number(), temperature: z.number(), logLoss: z.number() },
    ...{ ece: z.number(), reliability: z.array(z.tuple([z.number(), z.number(), z.number()])) },
    ...{ precision: numbers, recall: numbers, f1: numbers, support: numbers },
    wilson: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  })
  .parse(JSON.parse(readFileSync(new URL("../../test/fixtures/metrics/metrics.json", import.meta.url), "utf8")));
const { labels } = expected;
const classes = expected.support.length;
const probabilities = Float32Array.from(expected.probabilities.flat());

describe("scikit-learn's figures", () => {
  it("of a classification", () => {
    const names = ["a", "b", "c", "d"];
    const found = scoreClassification({ probabilities, labels, classes: names });
    expect(found.confusion).toEqual(expected.confusion);
    expect(found.accuracy).toBeCloseTo(expected.accuracy, 12);
    expect(found.uar).toBeCloseTo(expected.uar, 12);
    for (const [c, name] of names.entries()) {
      const { precision, recall, f1, support } = found.perClass[name];
      expect(support).toBe(expected.support[c]);
      expect(precision).toBeCloseTo(expected.precision[c], 12);
      expect(recall).toBeCloseTo(expected.recall[c], 12);
      expect(f1).toBeCloseTo(expected.f1[c], 12);
    }
  });

  it("of reliability", () => {
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

  it("of temperature scaling", () => {
    const { fitted: temperature } = fitTemperature(probabilities, labels, classes);
    expect(temperature).toBeCloseTo(expected.temperature, 3);
    const scaled = withTemperature(probabilities, classes, temperature);
    const loss = labels.reduce((sum, label, row) => sum - Math.log(scaled[row * classes + label]), 0) / labels.length;
    expect(loss).toBeCloseTo(expected.logLoss, 5);
  });

  it.each(expected.wilson)("of Wilson's interval of %i in %i", (hits, n, low, high) => {
    const [foundLow, foundHigh] = wilsonInterval(hits, n);
    expect(foundLow).toBeCloseTo(low, 10);
    expect(foundHigh).toBeCloseTo(high, 10);
  });
});

describe("temperature scaling", () => {
  /** Rows of two classes: the first class has these logits more than the second. */
  const rows = (...logits: readonly number[]) =>
    Float32Array.from(logits.flatMap((logit) => [1 / (1 + Math.exp(-logit)), 1 / (1 + Math.exp(logit))]));

  it("is used where it makes the images that it was fitted on better", () => {
    // Right three times of four, and sure of it as if never wrong.
    const fit = fitTemperature(rows(9, 9, 9, 9), [0, 0, 0, 1], 2);
    expect(fit.fitted).toBeCloseTo(9 / Math.log(3), 2);
    expect(fit).toMatchObject({ temperature: fit.fitted, atBound: false, images: 4 });
    expect(fit.after.nll).toBeLessThan(fit.before.nll);
    expect(fit.after.ece).toBeLessThan(fit.before.ece);
    expect(fitNotice(fit)).toBeUndefined();
  });

  it("is used at the upper bound, where a model is sure of wrong answers, and says so", () => {
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
  ])("stays 1 at the lower bound, and says so: %s", (_, logits, truth, bound) => {
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

  it("stays 1 where it would make ECE worse on the very images that it was fitted on", () => {
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

  it("changes nothing at 1 and no answer at any other", () => {
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

describe("bootstrap intervals", () => {
  it("cover the truth about as often as they say, on simulated images", () => {
    const [truth, trials, n] = [0.7, 200, 150];
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const random = new Random("coverage", trial);
      const hits = Array.from({ length: n }, () => (random.uniform() < truth ? 1 : 0));
      const share = (indices: Int32Array) => [indices.reduce((sum, i) => sum + hits[i], 0) / n];
      const [[low, high]] = bootstrapIntervals(n, share, { resamples: 300, seed: trial });
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.9);
    expect(covered / trials).toBeLessThan(0.99);
  });

  it.each([
    ["all are right", [0, 0, 0, 1], [0, 0, 0, 1], wilsonInterval(4, 4)],
    ["none is right", [1, 1, 1, 0], [0, 0, 0, 1], wilsonInterval(0, 4)],
    ["one image", [0], [0], wilsonInterval(1, 1)],
  ])("are Wilson's where every resample gives the same: %s", (_, predicted, truth, accuracy) => {
    const found = headlineIntervals(predicted, truth, 2);
    expect(found.accuracy).toEqual(accuracy);
    expect(found.uar[1] - found.uar[0]).toBeGreaterThanOrEqual(accuracy[1] - accuracy[0]);
    expect(found.method).toEqual({ accuracy: "Wilson", uar: "Wilson" });
    expect(intervalKind(found)).toBe("95 % Wilson interval");
  });

  it("are Wilson's for UAR alone where one class is all right and the other all wrong", () => {
    // Many of each, so that no resample lacks a class.
    const truth = [...Array<number>(60).fill(0), ...Array<number>(20).fill(1)];
    const found = headlineIntervals(Array<number>(80).fill(0), truth, 2);
    const [[low], [, high]] = [wilsonInterval(60, 60), wilsonInterval(0, 20)];
    expect(found.uar[0]).toBeCloseTo(low / 2, 12);
    expect(found.uar[1]).toBeCloseTo((1 + high) / 2, 12);
    expect(found.method).toEqual({ accuracy: "bootstrap", uar: "Wilson" });
    expect(intervalKind(found)).toBe("95 % bootstrap interval (UAR: Wilson)");
    expect(intervalKind({})).toBe("95 % bootstrap interval");
  });

  it("hold the figure, and are the same every time", () => {
    const predicted = labels.map((label, i) => (i % 4 === 0 ? (label + 1) % classes : label));
    const intervals = headlineIntervals(predicted, labels, classes);
    expect(intervals).toEqual(headlineIntervals(predicted, labels, classes));
    expect(intervals.accuracy[0]).toBeLessThan(0.75);
    expect(intervals.accuracy[1]).toBeGreaterThan(0.75);
    expect(intervals.accuracy[1] - intervals.accuracy[0]).toBeCloseTo(2 * 1.96 * Math.sqrt((0.75 * 0.25) / 200), 1);
    const recalls = [0, 1, 2, 3].map((c) => {
      const own = labels.flatMap((label, i) => (label === c ? [predicted[i] === c ? 1 : 0] : []));
      return own.reduce<number>((sum, hit) => sum + hit, 0) / own.length;
    });
    const uar = recalls.reduce((sum, recall) => sum + recall, 0) / classes;
    expect(intervals.uar[0]).toBeLessThan(uar);
    expect(intervals.uar[1]).toBeGreaterThan(uar);
  });
});

describe("abstention", () => {
  const confidence = [0.9, 0.8, 0.6, 0.4];
  const isRight = [true, true, false, true];

  it("answers from the threshold on", () => {
    expect(coverageAt(confidence, isRight, 0.6)).toEqual({ threshold: 0.6, coverage: 0.75, accuracy: 2 / 3 });
    expect(coverageAt(confidence, isRight, 0.7)).toEqual({ threshold: 0.7, coverage: 0.5, accuracy: 1 });
    expect(coverageAt(confidence, isRight, 0.95)).toEqual({ threshold: 0.95, coverage: 0, accuracy: 1 });
  });

  it("has a curve from everything down", () => {
    expect(coverageCurve(confidence, isRight)).toEqual([
      { threshold: 0.4, coverage: 1, accuracy: 0.75 },
      { threshold: 0.6, coverage: 0.75, accuracy: 2 / 3 },
      { threshold: 0.8, coverage: 0.5, accuracy: 1 },
      { threshold: 0.9, coverage: 0.25, accuracy: 1 },
    ]);
  });
});
