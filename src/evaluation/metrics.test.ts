import { expect, it } from "vitest";
import { expected, labels, probabilities } from "../../test/metricsFixture.ts";
import { scoreClassification } from "./metrics.ts";

it("confusion, accuracy, recall, precision and F1 are scikit-learn's", () => {
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
