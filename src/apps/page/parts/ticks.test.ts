import fc from "fast-check";
import { expect, it } from "vitest";
import { sameCases } from "../../../../test/sameCases.ts";
import { ticksOf } from "./ticks.ts";

it.each([
  { range: [0, 1], values: [0, 0.2, 0.4, 0.6, 0.8, 1], decimals: 1 },
  { range: [0.31, 2.07], values: [0, 0.5, 1, 1.5, 2, 2.5], decimals: 1 },
  { range: [0.4012, 0.4031], values: [0.401, 0.4015, 0.402, 0.4025, 0.403, 0.4035], decimals: 4 },
  { range: [12, 950], values: [0, 200, 400, 600, 800, 1000], decimals: 0 },
  { range: [0.5, 0.9], values: [0.5, 0.6, 0.7, 0.8, 0.9], decimals: 1 },
])("are round from $range.0 to $range.1", ({ range: [low, high], ...ticks }) => {
  expect(ticksOf(low, high, 5)).toEqual(ticks);
});

it("hold any range, and are told apart by their decimals", () => {
  const range = fc.tuple(
    fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  );
  fc.assert(
    fc.property(range, ([low, length]) => {
      const { values, decimals } = ticksOf(low, low + length, 5);
      expect(values[0]).toBeLessThanOrEqual(low + 1e-6);
      expect(values[values.length - 1]).toBeGreaterThanOrEqual(low + length - 1e-6);
      expect(values.length).toBeLessThanOrEqual(7);
      expect(new Set(values.map((value) => value.toFixed(decimals))).size).toBe(values.length);
    }),
    sameCases,
  );
});
