import { describe, expect, it } from "vitest";
import { Random } from "../platform/random.ts";
import { pairedDifference } from "./pairedBootstrap.ts";

describe("the paired difference over seeds and images", () => {
  it("has the distribution that one counts by hand", () => {
    // Two seeds and one image: the mean of two draws from {1, 0} is 0, ½ and 1 with probabilities ¼, ½ and ¼.
    const { difference, interval, p, seeds } = pairedDifference([[0], [0]], [[1], [0]], { resamples: 20_000 });
    expect({ difference, interval, seeds }).toEqual({ difference: 0.5, interval: [0, 1], seeds: 2 });
    expect(p).toBeCloseTo(0.5, 1);
    // Two images of one seed: the same, for the other reason.
    expect(pairedDifference([[0, 0]], [[1, 0]], { resamples: 20_000 }).p).toBeCloseTo(0.5, 1);
  });

  it("is certain if every image gains for every seed", () => {
    const { difference, interval, p } = pairedDifference(
      [
        [0, 0],
        [0, 0],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    );
    expect({ difference, interval, p }).toEqual({ difference: 1, interval: [1, 1], p: 0 });
  });

  it("counts images once, however many seeds repeat their gains", () => {
    const before = Array.from({ length: 100 }, () => 0);
    const after = before.map((_, i) => (i < 30 ? 1 : 0));
    const [one, eight] = [1, 8].map((seeds) => {
      const { interval } = pairedDifference(Array(seeds).fill(before), Array(seeds).fill(after));
      return interval[1] - interval[0];
    });
    // 2 · 1.96 · √(0.3 · 0.7 / 100)
    expect(one).toBeCloseTo(0.18, 1);
    expect(eight).toBe(one);
  });

  it("covers the true gain where trainings differ, which images alone do not", () => {
    const trials = 80;
    const covered = { both: 0, images: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const random = new Random("simulation", trial);
      // The true gain is 0; that of a training deviates by 0.08, that of an image by much more.
      const runs = Array.from({ length: 10 }, () => {
        const lift = 0.08 * random.normal();
        const draw = (rate: number) => Array.from({ length: 150 }, () => (random.uniform() < rate ? 1 : 0));
        return { before: draw(0.5), after: draw(0.5 + lift) };
      });
      const [before, after] = [runs.map((run) => run.before), runs.map((run) => run.after)];
      const both = pairedDifference(before, after, { resamples: 200 }).interval;
      const mean = (hits: readonly (readonly number[])[]) =>
        hits[0].map((_, i) => hits.reduce((sum, run) => sum + run[i], 0) / hits.length);
      const images = pairedDifference([mean(before)], [mean(after)], { resamples: 200 }).interval;
      if (both[0] <= 0 && both[1] >= 0) covered.both++;
      if (images[0] <= 0 && images[1] >= 0) covered.images++;
    }
    expect(covered.both / trials).toBeGreaterThan(0.9);
    expect(covered.images / trials).toBeLessThan(0.8);
  });
});
