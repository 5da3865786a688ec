import { describe, expect, it } from "vitest";
import { hasDiverged, nextPoints, type RangePoint, rangeRate, suggestion } from "./suggestion.ts";

const rate = rangeRate(1e-5, 10, 61);
/** The curve of losses, one a step. */
const curveOf = (losses: readonly number[]) =>
  losses.reduce<readonly RangePoint[]>((points, loss, step) => nextPoints(points, rate(step), loss), []);
const steps = Array.from({ length: 61 }, (_, step) => step);

describe("a range test", () => {
  it("has rates in equal factors", () => {
    expect([0, 10, 30, 60].map(rate).map((lr) => Number(lr.toPrecision(6)))).toEqual([1e-5, 1e-4, 1e-2, 10]);
  });

  it("smooths the losses without a bias to 0", () => {
    const [first, second] = curveOf([2, 4]);
    expect(first.smoothed).toBeCloseTo(2, 12);
    // (0.9·2 + 4) / 1.9
    expect(second.smoothed).toBeCloseTo(5.8 / 1.9, 12);
    for (const { smoothed } of curveOf(Array(20).fill(3))) expect(smoothed).toBeCloseTo(3, 12);
  });

  it("suggests a tenth of the rate at the lowest smoothed loss", () => {
    // Falls from 2 to 1 up to step 40, then rises; the smoothed loss follows some steps later.
    const points = curveOf(steps.map((step) => (step <= 40 ? 2 - step / 40 : 1 + (step - 40))));
    const found = suggestion(points);
    const lowest = points.findIndex(({ lr }) => lr === found?.atLowest);
    expect(lowest).toBeGreaterThanOrEqual(40);
    expect(lowest).toBeLessThan(44);
    expect(found?.lr).toBe(rate(lowest) / 10);
    expect(found?.atSteepest).toBeLessThan(rate(41));
  });

  it("suggests nothing if the loss fell by no more than its noise", () => {
    const noise = (step: number) => [0.2, -0.1, 0.3, -0.4, 0][step % 5];
    expect(suggestion(curveOf(steps.map((step) => 2 + noise(step) - step / 400)))).toBeUndefined();
    expect(suggestion(curveOf(steps.map((step) => 2 + noise(step) - step / 40)))).toBeDefined();
  });

  it("suggests nothing if the loss never fell", () => {
    expect(suggestion(curveOf(steps.map((step) => 1 + step)))).toBeUndefined();
    expect(suggestion(curveOf([3, 2, 1]))).toBeUndefined();
  });

  it("diverges at four times the lowest smoothed loss, and not in its first steps", () => {
    expect(hasDiverged(curveOf([1, 1, 1, 1, 1, 30]))).toBe(true);
    expect(hasDiverged(curveOf([1, 1, 1, 1, 1, 2]))).toBe(false);
    expect(hasDiverged(curveOf([1, 100]))).toBe(false);
    expect(hasDiverged([])).toBe(false);
  });
});
