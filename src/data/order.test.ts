import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { batches, epochOrder, limitPerClass, prototypeSubset } from "./order.ts";

const labels = [0, 0, 1, 0, 1, 2, 0, 0, 1, 0];
const samples = labels.map((label, i) => ({ file: `${i}.png`, label }));
const classes = ["a", "b", "c"];
const fileOrder = labels.map((_, i) => i);

describe("epochOrder", () => {
  it("is a permutation that depends on seed and epoch", () => {
    const order = epochOrder({ size: 100, seed: 1, epoch: 0, shuffle: true });
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(epochOrder({ size: 100, seed: 1, epoch: 0, shuffle: true })).toEqual(order);
    expect(epochOrder({ size: 100, seed: 1, epoch: 1, shuffle: true })).not.toEqual(order);
    expect(epochOrder({ size: 100, seed: 2, epoch: 0, shuffle: true })).not.toEqual(order);
  });

  it("is file order without shuffling", () => {
    expect(epochOrder({ size: 4, seed: 1, epoch: 9, shuffle: false })).toEqual([0, 1, 2, 3]);
  });
});

describe("batches", () => {
  it("includes the last partial batch", () => {
    expect(batches([5, 4, 3, 2, 1], 2)).toEqual([[5, 4], [3, 2], [1]]);
    expect(batches([1, 2], 2)).toEqual([[1, 2]]);
    expect(batches([], 2)).toEqual([]);
  });
});

describe("limitPerClass", () => {
  it("takes the first of each class in the order given and returns file order", () => {
    const files = (order: readonly number[]) => limitPerClass(samples, 2, order).map(({ file }) => file);
    expect(files(fileOrder)).toEqual(["0.png", "1.png", "2.png", "4.png", "5.png"]);
    expect(files(fileOrder.toReversed())).toEqual(["4.png", "5.png", "7.png", "8.png", "9.png"]);
  });
});

describe("prototypeSubset", () => {
  const request = { samples, classes, seed: 5, shuffle: true };

  it("takes all, or the first n of each class in the run's seeded shuffle", () => {
    expect(prototypeSubset({ ...request, n: "all" })).toEqual(fileOrder);
    const order = epochOrder({ size: samples.length, seed: 5, epoch: 0, shuffle: true });
    const first = [0, 1, 2].map((label) => order.find((i) => labels[i] === label) ?? -1);
    expect(prototypeSubset({ ...request, n: 1 })).toEqual(first.toSorted((a, b) => a - b));
    expect(prototypeSubset({ ...request, n: 2, shuffle: false })).toEqual([0, 1, 2, 4, 5]);
  });

  it("names a class without an image", () => {
    expect(() => prototypeSubset({ ...request, classes: [...classes, "d"], n: 1 })).toThrow(
      "the class d has no training image to make a prototype of",
    );
  });
});

describe("for any split", () => {
  const request = fc.record({ size: fc.nat(60), seed: fc.nat(), epoch: fc.nat(500), shuffle: fc.boolean() });
  const anyLabels = fc.array(fc.nat(5), { minLength: 1, maxLength: 60 });
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

  it("an epoch visits every sample once, in batches that keep its order", () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 20 }), (wanted, batchSize) => {
        const order = epochOrder(wanted);
        expect(order.toSorted((a, b) => a - b)).toEqual(upTo(wanted.size));
        const made = batches(order, batchSize);
        expect(made.flat()).toEqual(order);
        expect(made.slice(0, -1).every(({ length }) => length === batchSize)).toBe(true);
        expect(made.every(({ length }) => length > 0 && length <= batchSize)).toBe(true);
      }),
      sameCases,
    );
  });

  it("a limit selects at most that many of each class, in file order", () => {
    fc.assert(
      fc.property(anyLabels, fc.integer({ min: 1, max: 8 }), fc.nat(), (drawn, n, seed) => {
        const all = drawn.map((label, i) => ({ file: String(i), label }));
        const order = epochOrder({ size: all.length, seed, epoch: 0, shuffle: true });
        const left = limitPerClass(all, n, order);
        const indices = left.map(({ file }) => Number(file));
        expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
        for (const label of new Set(drawn)) {
          const of = (each: { label: number }) => each.label === label;
          expect(left.filter(of)).toHaveLength(Math.min(n, all.filter(of).length));
        }
      }),
      sameCases,
    );
  });
});
