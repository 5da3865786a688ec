import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { mapClasses, mapProbabilities } from "./classMap.ts";

const eight = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
const rafdb = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"];

it("maps eight classes to seven in another order, and back", () => {
  expect(mapClasses(eight, rafdb)).toEqual({
    classes: rafdb,
    labelTo: [0, 1, 2, 3, 4, 5, 6],
    columns: [2, 6, 5, 1, 3, 4, 0],
    absent: ["contempt"],
    read: [],
  });
  expect(mapClasses(rafdb, eight)).toEqual({
    classes: eight.slice(0, 7),
    labelTo: [0, 1, 2, 3, 4, 5, 6, undefined],
    columns: [6, 3, 0, 4, 5, 2, 1],
    absent: [],
    read: [],
  });
});

it("renormalises the probabilities of the common classes", () => {
  const map = mapClasses(["a", "b", "c"], ["c", "a"]);
  const mapped = mapProbabilities(Float32Array.of(0.2, 0.5, 0.3, 0, 1, 0), 3, map);
  expect(Array.from(mapped, (value) => Math.round(1000 * value) / 1000)).toEqual([0.6, 0.4, 0.5, 0.5]);
});

it("rejects class lists without common names", () => {
  expect(() => mapClasses(["a", "b"], ["b", "c"])).toThrow(/have 1 in common/);
});

describe("any two lists of classes that share two names or more", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const list = fc.shuffledSubarray(names, { minLength: 2 });
  const lists = fc.tuple(list, list).filter(([model, data]) => model.filter((name) => data.includes(name)).length >= 2);

  it("map each common name to itself, in the data's order, and no other name to anything", () => {
    fc.assert(
      fc.property(lists, ([model, data]) => {
        const { classes, labelTo, columns } = mapClasses(model, data);
        expect(classes).toEqual(data.filter((name) => model.includes(name)));
        expect(columns.map((column) => model[column])).toEqual(classes);
        expect(labelTo.map((to) => (to === undefined ? undefined : classes[to]))).toEqual(
          data.map((name) => (model.includes(name) ? name : undefined)),
        );
      }),
      sameCases,
    );
  });

  it("give rows that sum to 1 and preserve the ratios of common classes", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), {
      minLength: 2 * names.length,
      maxLength: 2 * names.length,
    });
    fc.assert(
      fc.property(lists, weights, ([model, data], drawn) => {
        const map = mapClasses(model, data);
        const rows = [0, 1].map((row) => drawn.slice(row * model.length, (row + 1) * model.length));
        const given = rows.map((row) => row.map((weight) => weight / row.reduce((sum, each) => sum + each, 0)));
        const mapped = mapProbabilities(Float32Array.from(given.flat()), model.length, map);
        expect(mapped).toHaveLength(2 * map.classes.length);
        for (const [r, row] of given.entries()) {
          const common = map.columns.map((column) => row[column]);
          const sum = common.reduce((total, value) => total + value, 0);
          const own = mapped.subarray(r * common.length, (r + 1) * common.length);
          expect(own.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 5);
          for (const [c, value] of own.entries()) expect(value).toBeCloseTo(common[c] / sum, 5);
        }
      }),
      sameCases,
    );
  });
});

it("is uniform if all common probabilities are 0", () => {
  expect([...mapProbabilities(Float32Array.of(0, 1, 0), 3, mapClasses(["a", "b", "c"], ["a", "c"]))]).toEqual([
    0.5, 0.5,
  ]);
});

it("matches another spelling of a class, and one name per class", () => {
  expect(mapClasses(eight, ["angry", "Happy", "sleepy", "joy"])).toEqual({
    classes: ["angry", "Happy"],
    labelTo: [0, 1, undefined, undefined],
    columns: [4, 1],
    absent: ["neutral", "surprise", "sadness", "disgust", "fear", "contempt"],
    read: ["angry as anger", "Happy as happiness"],
  });
  expect(mapClasses(["happy", "sad"], ["happiness", "sadness", "sad"])).toMatchObject({
    classes: ["happiness", "sad"],
    columns: [0, 1],
  });
});
