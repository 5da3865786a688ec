import { expect, it } from "vitest";
import { mapClasses, mapProbabilities } from "./classMap.ts";

const eight = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
const rafdb = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"];

it("maps eight classes to seven in another order, and back", () => {
  expect(mapClasses(eight, rafdb)).toEqual({
    classes: rafdb,
    labelTo: [0, 1, 2, 3, 4, 5, 6],
    columns: [2, 6, 5, 1, 3, 4, 0],
  });
  expect(mapClasses(rafdb, eight)).toEqual({
    classes: eight.slice(0, 7),
    labelTo: [0, 1, 2, 3, 4, 5, 6, undefined],
    columns: [6, 3, 0, 4, 5, 2, 1],
  });
});

it("spreads the probability of classes that are not common", () => {
  const map = mapClasses(["a", "b", "c"], ["c", "a"]);
  const mapped = mapProbabilities(Float32Array.of(0.2, 0.5, 0.3, 0, 1, 0), 3, map);
  expect(Array.from(mapped, (value) => Math.round(1000 * value) / 1000)).toEqual([0.6, 0.4, 0.5, 0.5]);
});

it("refuses what has nothing in common", () => {
  expect(() => mapClasses(["a", "b"], ["b", "c"])).toThrow(/have 1 in common/);
});
