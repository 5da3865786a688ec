import { describe, expect, it } from "vitest";
import { spread } from "../../evaluation/spread.ts";
import { gainOver } from "./summary.ts";

const run = (seed: number, hits: readonly number[]) => ({
  ...{ seed, hits, uar: 0.5 },
  accuracy: hits.reduce((sum, hit) => sum + hit, 0) / hits.length,
});
/** Right for the first `right` of n images. */
const first = (right: number, n: number) => Array.from({ length: n }, (_, i) => (i < right ? 1 : 0));

describe("spread", () => {
  it("is the mean and standard deviation over seeds", () => {
    expect(spread([0.7, 0.8, 0.9])).toEqual({ mean: expect.closeTo(0.8, 12), sd: expect.closeTo(0.1, 12) });
    expect(spread([0.7])).toEqual({ mean: 0.7 });
  });
});

describe("the gain over the previous row", () => {
  it("is significant if the same images improve for every seed", () => {
    const gain = gainOver([run(1, first(100, 200))], [run(1, first(130, 200))]);
    expect(gain.difference).toBeCloseTo(0.15, 12);
    expect(gain.interval[0]).toBeGreaterThan(0.09);
    expect(gain.interval[1]).toBeLessThan(0.21);
    expect(gain.p).toBeLessThan(0.001);
  });

  it("is zero if as many images get worse as improve", () => {
    const lost = Array.from({ length: 200 }, (_, i) => (i >= 100 ? 1 : 0));
    const gain = gainOver([run(1, first(100, 200))], [run(1, lost)]);
    expect(gain.difference).toBe(0);
    expect(gain.interval[0]).toBeLessThan(0);
    expect(gain.interval[1]).toBeGreaterThan(0);
    expect(gain.p).toBeGreaterThan(0.5);
  });

  it("averages each image over seeds", () => {
    const above = [run(1, [0, 0, 1, 1]), run(2, [0, 0, 1, 1])];
    expect(gainOver(above, [run(1, [1, 0, 1, 1]), run(2, [0, 0, 1, 1])]).difference).toBe(0.125);
  });
});
