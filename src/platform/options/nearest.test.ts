import { expect, test } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

test.each([
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["epcohs", "epochs", 1],
  ["lr", "rl", 1],
  ["same", "same", 0],
])("%s and %s have the edit distance %d", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test("finds the nearest name, and none if none is similar", () => {
  const names = ["epochs", "beta", "gamma", "batch-size"];
  expect(nearest("epoch", names)).toBe("epochs");
  expect(nearest("Batch-Sise", names)).toBe("batch-size");
  expect(nearest("bta", names)).toBe("beta");
  expect(nearest("sigma", names)).toBeUndefined();
  expect(nearest("wholly-else", names)).toBeUndefined();
});
