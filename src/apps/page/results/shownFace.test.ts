import { expect, it } from "vitest";
import { mostProbable, probabilitiesOf } from "./shownFace.ts";

const face = { probabilities: { "2": 0.2, "10": 0.5, b: 0.3 } };
const classes = ["b", "10", "2"];

it("has its probabilities in the order of the class list", () => {
  expect(probabilitiesOf(face, classes)).toEqual([
    ["b", 0.3],
    ["10", 0.5],
    ["2", 0.2],
  ]);
});

it("has its most probable classes first", () => {
  expect(mostProbable(face, classes, 2)).toEqual([
    ["10", 0.5],
    ["b", 0.3],
  ]);
});
