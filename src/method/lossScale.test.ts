import { expect, it } from "vitest";
import { growthInterval, type LossScale, nextLossScale } from "./lossScale.ts";

const at = (scale: number, good = 0, skipped = 0): LossScale => ({ scale, good, skipped });

it("halves the scale at an overflow, and counts the step", () => {
  expect(nextLossScale(at(65536, 17, 2), true)).toEqual(at(32768, 0, 3));
});

it("doubles the scale after enough steps without an overflow, and not before", () => {
  let state = at(512, 0, 4);
  for (let step = 1; step < growthInterval; step++) state = nextLossScale(state, false);
  expect(state).toEqual(at(512, growthInterval - 1, 4));
  expect(nextLossScale(state, false)).toEqual(at(1024, 0, 4));
});

it("fails with NUMERIC where gradients overflow at a scale of 1", () => {
  expect(nextLossScale(at(2), true).scale).toBe(1);
  expect(() => nextLossScale(at(1), true)).toThrow(
    expect.objectContaining({ code: "NUMERIC", message: expect.stringContaining("use --precision fp32") }),
  );
});
