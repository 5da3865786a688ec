import { describe, expect, it } from "vitest";
import { areaUnder, byValue, enlarged, mixtures, pixelOrders, removalCurves } from "./removal.ts";
import { blur } from "./saliency.ts";

/** 2 × 2 pixels in three equal channels; only pixel 2 matters to class 0, whose probability it is. */
const values = [0.1, 0.2, 0.8, 0.3];
const pixels = Float32Array.from([...values, ...values, ...values]);
const classifier = {
  batch: 3,
  classify: async (images: Float32Array, n: number) =>
    Float32Array.from({ length: 2 * n }, (_, i) => {
      const p = images[Math.floor(i / 2) * 12 + 2];
      return i % 2 === 0 ? p : 1 - p;
    }),
};
const request = { pixels, target: 0, classes: 2, steps: 4 };

describe("deletion and insertion", () => {
  it("measure the class probability as pixels are deleted and inserted in order", async () => {
    const [first, last] = await removalCurves(
      request,
      [Int32Array.of(2, 0, 1, 3), Int32Array.of(0, 1, 3, 2)],
      classifier,
    );
    const [blurred] = blur(pixels, 2, 0.2).subarray(2, 3);
    expect(first.deletion).toEqual([0.8, 0, 0, 0, 0].map(Math.fround));
    expect(last.deletion).toEqual([0.8, 0.8, 0.8, 0.8, 0].map(Math.fround));
    expect(first.insertion).toEqual([blurred, 0.8, 0.8, 0.8, 0.8].map(Math.fround));
    expect(areaUnder(first.deletion)).toBeCloseTo(0.1, 6);
    expect(areaUnder(last.deletion)).toBeCloseTo(0.7, 6);
  });

  it("measure the probability of the target class", async () => {
    const [curves] = await removalCurves({ ...request, target: 1 }, [Int32Array.of(2, 0, 1, 3)], classifier);
    expect(curves.deletion[0]).toBeCloseTo(0.2, 6);
    expect(curves.deletion.slice(1)).toEqual([1, 1, 1, 1]);
  });

  it("change an equal share of the pixels per step", () => {
    const [from, to] = [new Float32Array(15), new Float32Array(15).fill(1)];
    const counts = [...mixtures(from, to, Int32Array.of(0, 1, 2, 3, 4), 2)].map(
      (image) => image.filter(Boolean).length,
    );
    expect(counts).toEqual([0, 9, 15]);
    expect(from.every((value) => value === 0)).toBe(true);
  });

  it("integrate by the trapezoidal rule", () => {
    expect(areaUnder([1, 1, 1])).toBe(1);
    expect(areaUnder([1, 0.5, 0])).toBe(0.5);
    expect(areaUnder([1, 0, 0, 0])).toBeCloseTo(1 / 6, 12);
  });
});

describe("rankings", () => {
  it("sort by descending value, ties by index", () => {
    expect([...byValue(Float32Array.of(1, 3, 3, 2))]).toEqual([1, 2, 3, 0]);
  });

  it("assign each pixel its patch's value, and pixels outside the patches the lowest", () => {
    const map = { height: 2, width: 2, data: Float32Array.of(1, 2, 3, 4) };
    const big = enlarged(map, { imageSize: 5, patchSize: 2 });
    expect([...big.subarray(0, 5)]).toEqual([1, 1, 2, 2, Number.NEGATIVE_INFINITY]);
    expect([...big.subarray(10, 15)]).toEqual([3, 3, 4, 4, Number.NEGATIVE_INFINITY]);
    expect(big.subarray(20).every((value) => value === Number.NEGATIVE_INFINITY)).toBe(true);
  });

  it("include random pixels and random patches, determined by the seed", () => {
    const map = (side: number) => ({
      ...{ height: side, width: side },
      data: Float32Array.from({ length: side ** 2 }, (_, i) => i),
    });
    const explanation = { saliency: map(8), similarity: [map(2)], target: 0 };
    const tower = { imageSize: 8, patchSize: 4 };
    const orders = pixelOrders(explanation, tower, 5);
    expect(Object.keys(orders)).toEqual(["gradient", "patches", "random pixels", "random patches"]);
    expect(orders.gradient?.[0]).toBe(63);
    expect(orders.patches?.[0]).toBe(36);
    for (const order of Object.values(orders)) expect([...order].sort((a, b) => a - b)).toEqual([...map(8).data]);
    const patchOf = (i: number) => Math.floor((i % 8) / 4) + 2 * Math.floor(i / 32);
    const visited = [...(orders["random patches"] ?? [])].map(patchOf);
    expect(visited.filter((patch, i) => i === 0 || patch !== visited[i - 1])).toHaveLength(4);
    expect(pixelOrders(explanation, tower, 5)).toEqual(orders);
    expect(pixelOrders(explanation, tower, 6)).not.toEqual(orders);
  });
});

describe("blur", () => {
  it("preserves a constant image and the sum of a central spot", () => {
    expect([...blur(new Float32Array(27).fill(0.5), 3, 1)].every((value) => Math.abs(value - 0.5) < 1e-6)).toBe(true);
    const spot = new Float32Array(3 * 21 ** 2);
    spot[10 * 21 + 10] = 1;
    const blurred = blur(spot, 21, 1);
    // The centre of a Gaussian of deviation 1 cut at three deviations, squared for two axes.
    const sum = [-3, -2, -1, 0, 1, 2, 3].reduce((total, x) => total + Math.exp((-x * x) / 2), 0);
    expect(blurred[10 * 21 + 10]).toBeCloseTo(1 / sum ** 2, 6);
    expect(blurred.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(blurred.subarray(441).every((value) => value === 0)).toBe(true);
  });
});
