import { expect, it } from "vitest";
import type { Split } from "../data/sample.ts";
import { classWeightsOf } from "./classWeights.ts";

const split = (...labels: number[]): Split => ({
  ...{ name: "train", root: "faces", classes: ["anger", "fear"], leftOut: 0 },
  samples: labels.map((label, i) => ({ file: `${i}.png`, label })),
});

it.each([
  // 4 / (2·3) and 4 / (2·1), as scikit-learn has it
  ["balanced", [2 / 3, 2]],
  ["square-root", [Math.sqrt(2 / 3), Math.sqrt(2)]],
  // 0.001 / (1 − 0.999³) and 1
  ["effective", [0.001 / (1 - 0.999 ** 3), 1]],
])("%s weights of three images and one", (rule, expected) => {
  const weights = classWeightsOf(split(0, 0, 1, 0), rule);
  for (const [c, weight] of expected.entries()) expect(weights[c]).toBeCloseTo(weight, 12);
});

it("refuses a class without images", () => {
  expect(() => classWeightsOf(split(0, 0), "balanced")).toThrow("the class fear has no training image");
});
