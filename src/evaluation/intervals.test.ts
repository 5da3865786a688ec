import { describe, expect, it } from "vitest";
import { classes, expected, labels } from "../../test/metricsFixture.ts";
import { Random } from "../platform/random.ts";
import { bootstrapIntervals, headlineIntervals, wilsonInterval } from "./intervals.ts";
import { intervalKind } from "./rows.ts";

it.each(expected.wilson)("Wilson's interval of %i in %i is SciPy's", (hits, n, low, high) => {
  const [foundLow, foundHigh] = wilsonInterval(hits, n);
  expect(foundLow).toBeCloseTo(low, 10);
  expect(foundHigh).toBeCloseTo(high, 10);
});

describe("bootstrap intervals", () => {
  it("have about the nominal coverage on simulated images", () => {
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
  ])("are Wilson's if every resample gives the same figure: %s", (_, predicted, truth, accuracy) => {
    const found = headlineIntervals(predicted, truth, 2);
    expect(found.accuracy).toEqual(accuracy);
    expect(found.uar[1] - found.uar[0]).toBeGreaterThanOrEqual(accuracy[1] - accuracy[0]);
    expect(found.method).toEqual({ accuracy: "Wilson", uar: "Wilson" });
    expect(intervalKind(found)).toBe("95 % Wilson interval");
  });

  it("are Wilson's for UAR only if one class is all correct and the other all wrong", () => {
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

  it("contain the figure, and are deterministic", () => {
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
