import { describe, expect, it } from "vitest";
import { expected, labels, probabilities } from "../../test/metricsFixture.ts";
import { certainty } from "./certainty.ts";
import { scoreClassification } from "./metrics.ts";

it("confusion, accuracy, recall, precision and F1 are scikit-learn's", () => {
  const names = ["a", "b", "c", "d"];
  const found = scoreClassification({ probabilities, labels, classes: names });
  expect(found.confusion).toEqual(expected.confusion);
  expect(found.accuracy).toBeCloseTo(expected.accuracy, 12);
  expect(found.uar).toBeCloseTo(expected.uar, 12);
  expect(found.ece).toBeCloseTo(expected.ece, 6);
  expect(found.n).toBe(labels.length);
  for (const [c, name] of names.entries()) {
    const { precision, recall, f1, support } = found.perClass[name];
    expect(support).toBe(expected.support[c]);
    expect(precision).toBeCloseTo(expected.precision[c], 12);
    expect(recall).toBeCloseTo(expected.recall[c], 12);
    expect(f1).toBeCloseTo(expected.f1[c], 12);
  }
});

describe("by hand", () => {
  const classes = ["a", "b", "c", "d", "e"];
  const rows = [
    // Ties go to the lower class.
    { label: 0, probabilities: [0.5, 0.5, 0, 0, 0] },
    { label: 0, probabilities: [0.1, 0.2, 0.7, 0, 0] },
    { label: 1, probabilities: [0.2, 0.6, 0.2, 0, 0] },
    { label: 3, probabilities: [0, 0, 1, 0, 0] },
  ];
  const labels = rows.map(({ label }) => label);
  const probabilities = rows.flatMap((row) => row.probabilities);

  it("scores classes without images or predictions as 0, and averages recall over those with images", () => {
    const found = scoreClassification({ probabilities, labels, classes });
    expect(found).toEqual({
      confusion: [
        [1, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
      ],
      accuracy: 2 / 4,
      uar: (0.5 + 1 + 0) / 3,
      classes,
      perClass: {
        a: { recall: 0.5, precision: 1, f1: 2 / 3, support: 2 },
        b: { recall: 1, precision: 1, f1: 1, support: 1 },
        c: { recall: 0, precision: 0, f1: 0, support: 0 },
        d: { recall: 0, precision: 0, f1: 0, support: 1 },
        e: { recall: 0, precision: 0, f1: 0, support: 0 },
      },
      // Each in a bin of its own: |1 − 0.5|, |0 − 0.7|, |1 − 0.6|, |0 − 1|.
      ece: expect.closeTo((0.5 + 0.7 + 0.4 + 1) / 4, 12),
      n: 4,
    });
  });

  it("returns prediction, confidence and correctness of each image", () => {
    expect(certainty(probabilities, labels, 5)).toEqual({
      predicted: [0, 2, 1, 2],
      confidence: [0.5, 0.7, 0.6, 1],
      isRight: [true, false, true, false],
    });
  });

  it("lists the classes in the order of the confusion matrix, also integer-like names", () => {
    const names = ["10", "2"];
    const found = scoreClassification({ probabilities: [1, 0, 1, 0, 0, 1], labels: [0, 0, 1], classes: names });
    expect(found.classes).toEqual(names);
    expect(found.confusion.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([2, 1]);
    expect(names.map((name) => found.perClass[name].support)).toEqual([2, 1]);
  });

  it("is 0 for no images", () => {
    expect(scoreClassification({ probabilities: [], labels: [], classes: ["a", "b"] })).toMatchObject({
      ...{ accuracy: 0, uar: 0, ece: 0, n: 0 },
    });
  });

  it.each([
    [[Number.NaN, 1], "NaN"],
    [[0, Number.NaN], "NaN"],
    [[0, Number.POSITIVE_INFINITY], "Infinity"],
    [[Number.NEGATIVE_INFINITY, 1], "-Infinity"],
  ])("rejects %j", (row, shown) => {
    expect(() => scoreClassification({ probabilities: row, labels: [0], classes: ["a", "b"] })).toThrow(
      expect.objectContaining({ code: "NUMERIC", message: expect.stringContaining(`a probability became ${shown}`) }),
    );
  });
});
