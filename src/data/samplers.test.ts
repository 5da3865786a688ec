import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { sampledOrder, samplers } from "./samplers.ts";

describe("the balanced sampler", () => {
  it("draws classes equally often, and all samples of a class before repeating any", () => {
    const unbalanced = Array.from({ length: 6000 }, (_, i) => (i < 5900 ? 0 : i < 5980 ? 1 : 4));
    const order = (epoch: number) => sampledOrder("balanced", { labels: unbalanced, seed: 3, epoch, shuffle: true });
    const first = order(0);
    expect(first.length).toBe(6000);
    const counts = new Map<number, number>();
    for (const i of first) counts.set(i, (counts.get(i) ?? 0) + 1);
    const share = (label: number) => first.filter((i) => unbalanced[i] === label).length / 6000;
    for (const label of [0, 1, 4]) expect(share(label)).toBeCloseTo(1 / 3, 1);
    const rare = unbalanced.flatMap((label, i) => (label === 4 ? [counts.get(i) ?? 0] : []));
    expect(Math.max(...rare) - Math.min(...rare)).toBeLessThanOrEqual(1);
    expect(order(0)).toEqual(first);
    expect(order(1)).not.toEqual(first);
  });
});

describe.each([
  ["square-root", Math.sqrt],
  ["cube-root", Math.cbrt],
])("the %s sampler", (name, root) => {
  it("draws classes by that root of their sizes, and all samples of a class before repeating any", () => {
    const sizes = new Map([
      [0, 4900],
      [2, 900],
      [5, 100],
    ]);
    const unbalanced = [...sizes].flatMap(([label, size]) => Array.from({ length: size }, () => label));
    const order = (epoch: number) => sampledOrder(name, { labels: unbalanced, seed: 3, epoch, shuffle: true });
    const first = order(0);
    expect(first.length).toBe(5900);
    const total = [...sizes.values()].reduce((sum, size) => sum + root(size), 0);
    for (const [label, size] of sizes) {
      expect(first.filter((i) => unbalanced[i] === label).length / 5900).toBeCloseTo(root(size) / total, 1);
    }
    const counts = unbalanced.map((_, i) => first.filter((each) => each === i).length).slice(5800);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(order(0)).toEqual(first);
    expect(order(1)).not.toEqual(first);
  });
});

describe("a custom sampler", () => {
  const request = { labels: [0, 1, 1], seed: 1, epoch: 4, shuffle: true };
  const giving = (name: string, order: readonly number[]) => onTestFinished(samplers.add({ name, order: () => order }));

  it("may omit and repeat images", () => {
    giving("first-only", [0, 0, 0]);
    expect(sampledOrder("first-only", request)).toEqual([0, 0, 0]);
  });

  it.each([
    ["too-short", [0, 1]],
    ["beyond", [0, 1, 3]],
    ["between", [0, 1, 0.5]],
  ])("must return as many indices as there are images: %s", (name, order) => {
    giving(name, order);
    expect(() => sampledOrder(name, request)).toThrow(`the sampler ${name} gave ${order.length} indices for 3 images`);
  });
});

describe.each(["uniform", "square-root", "cube-root", "balanced"])("the %s sampler, whatever the labels,", (name) => {
  const request = fc.record({
    labels: fc.array(fc.nat(6), { minLength: 1, maxLength: 80 }),
    seed: fc.nat(),
    epoch: fc.nat(500),
    shuffle: fc.constant(true),
  });

  it("draws as many as there are, and all of a class before repeating any", () => {
    fc.assert(
      fc.property(request, (wanted) => {
        const order = sampledOrder(name, wanted);
        expect(order).toHaveLength(wanted.labels.length);
        const counts = wanted.labels.map((_, i) => order.filter((each) => each === i).length);
        for (const label of new Set(wanted.labels)) {
          const own = counts.filter((_, i) => wanted.labels[i] === label);
          expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(1);
        }
        if (name === "uniform") expect(counts.every((count) => count === 1)).toBe(true);
        expect(sampledOrder(name, wanted)).toEqual(order);
      }),
      sameCases,
    );
  });
});
