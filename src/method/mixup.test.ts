import { describe, expect, it } from "vitest";
import { Random } from "../platform/random.ts";
import { drawMix, mixedBatch, mixedTargets } from "./mixup.ts";

const floats = (...values: number[]) => Float32Array.from(values);
const place = { seed: 1, epoch: 2, batch: 3 };

describe("mixup", () => {
  it("blends images and targets with those of the partners, and keeps both classes for L_v", () => {
    const batch = { size: 2, images: floats(0, 8, 4, 16), target: floats(1, 0, 0, 1), labels: [0, 1] };
    const mix = { share: 0.75, partners: [1, 0] };
    const mixed = mixedBatch(batch, mix);
    expect(mixed).toEqual({
      ...{ size: 2, images: floats(1, 10, 3, 14), target: floats(0.75, 0.25, 0.25, 0.75), labels: [0, 1] },
      mixed: { labels: [1, 0], share: 0.75 },
    });
    expect(mixedTargets(batch.target, mix)).toEqual(mixed.target);
    expect(batch.images).toEqual(floats(0, 8, 4, 16));
  });

  it("is off at α = 0 and without α", () => {
    expect(drawMix(0, place, 4)).toBeUndefined();
    expect(drawMix(undefined, place, 4)).toBeUndefined();
  });

  it("depends on seed, epoch and batch only", () => {
    const first = drawMix(0.4, place, 5);
    expect(drawMix(0.4, place, 5)).toEqual(first);
    for (const other of [{ seed: 2 }, { epoch: 3 }, { batch: 4 }]) {
      expect(drawMix(0.4, { ...place, ...other }, 5)).not.toEqual(first);
    }
    expect([...(first?.partners ?? [])].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});

it.each([0.2, 1, 3])("draws from Beta(%f, %f) have mean 1/2 and variance 1 / (4·(2α + 1))", (alpha) => {
  const random = new Random("beta", alpha);
  const draws = Array.from({ length: 20_000 }, () => random.beta(alpha, alpha));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
});
