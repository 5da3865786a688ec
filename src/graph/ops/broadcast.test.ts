import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../../test/sameCases.ts";
import { input } from "../tensor.ts";
import { broadcastShape, expand, reduceSum, unbroadcast } from "./broadcast.ts";

const dimension = fc.constantFrom(1, 2, 3);
const shape = fc.array(dimension, { maxLength: 4 });

/** A shape with some of its dimensions replaced by 1, and some of the first left out: what broadcasts to it. */
const narrower = (wide: readonly number[]) =>
  fc
    .tuple(fc.array(fc.boolean(), { minLength: wide.length, maxLength: wide.length }), fc.nat(wide.length))
    .map(([units, from]) => wide.map((d, i) => (units[i] ? 1 : d)).slice(from));
const pair = shape.chain((wide) => fc.tuple(fc.constant(wide), narrower(wide), narrower(wide)));

it.each([
  [[2, 3], [3], [2, 3]],
  [
    [2, 1],
    [1, 4],
    [2, 4],
  ],
  [[], [5], [5]],
  [[1], [], [1]],
  [[2], [3], undefined],
  [[2, 3], [2], undefined],
  [
    [0, 3],
    [1, 1],
    [0, 3],
  ],
])("%j and %j broadcast to %j", (a, b, common) => {
  expect(broadcastShape(a, b)).toEqual(common);
});

describe("broadcasting", () => {
  it("is commutative and associative", () => {
    fc.assert(
      fc.property(shape, shape, shape, (a, b, c) => {
        expect(broadcastShape(a, b)).toEqual(broadcastShape(b, a));
        const [ab, bc] = [broadcastShape(a, b), broadcastShape(b, c)];
        expect(ab && broadcastShape(ab, c)).toEqual(bc && broadcastShape(a, bc));
      }),
      sameCases,
    );
  });

  it("does not change a shape with itself, a scalar or a narrower shape", () => {
    fc.assert(
      fc.property(pair, ([wide, a]) => {
        for (const other of [wide, [], a]) expect(broadcastShape(wide, other)).toEqual(wide);
      }),
      sameCases,
    );
  });

  it("has a gradient that sums over exactly the added or repeated axes", () => {
    fc.assert(
      fc.property(pair, ([, a, b]) => {
        const common = broadcastShape(a, b) ?? [];
        const back = unbroadcast(input("grad", common), a);
        expect(back.shape).toEqual(a);
        const repeated = common.flatMap((d, i) => (d !== 1 && (a[i - common.length + a.length] ?? 1) === 1 ? [i] : []));
        const summed = [...operatorsOf(back)].includes("reduceSum");
        expect(summed).toBe(repeated.length > 0 || common.length > a.length);
        expect(expand(input("x", a), common).shape).toEqual(common);
      }),
      sameCases,
    );
  });
});

it("a sum counts negative axes from the last", () => {
  const x = input("x", [2, 3, 4]);
  expect(reduceSum(x, [-1]).shape).toEqual([2, 3]);
  expect(reduceSum(x, [-3, 1], true).shape).toEqual([1, 1, 4]);
});

it.each([
  [[2], [3]],
  [[2, 3], [3]],
  [[2], [2, 1]],
])("%j is not repeated to %j", (from, to) => {
  expect(() => expand(input("x", from), to)).toThrow(/expand.*broadcasts to/);
});

function* operatorsOf({ node }: ReturnType<typeof input>): Generator<string> {
  yield node.operator;
  for (const each of node.inputs) yield* operatorsOf(each);
}
