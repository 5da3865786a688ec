import { expect, it } from "vitest";
import type { DetectedFace, FaceBox } from "./face.ts";
import { suppressCovered } from "./tiles.ts";

const face = (score: number, ...box: FaceBox): DetectedFace => {
  const [x, y] = box;
  return {
    box,
    score,
    landmarks: [
      [x, y],
      [x, y],
      [x, y],
      [x, y],
      [x, y],
    ],
  };
};
const scores = (faces: readonly DetectedFace[]) => suppressCovered(faces).map(({ score }) => score);

it("keeps the surest of faces that cover each other", () => {
  expect(scores([face(0.6, 0, 0, 10, 10), face(0.9, 1, 1, 10, 10), face(0.7, 2, 0, 10, 10)])).toEqual([0.9]);
});

it("keeps neighbours that overlap a little", () => {
  expect(scores([face(0.6, 0, 0, 10, 10), face(0.9, 6, 0, 10, 10)])).toEqual([0.9, 0.6]);
});

it("drops a part of a face inside the face, and a face around its surer part", () => {
  expect(scores([face(0.9, 0, 0, 40, 40), face(0.6, 5, 5, 10, 10)])).toEqual([0.9]);
  expect(scores([face(0.6, 0, 0, 40, 40), face(0.9, 5, 5, 10, 10)])).toEqual([0.9]);
});

it("does not let a dropped face drop others", () => {
  // b is covered by a, c only by b
  expect(scores([face(0.9, 0, 0, 10, 10), face(0.8, 4, 0, 10, 10), face(0.7, 8, 0, 10, 10)])).toEqual([0.9, 0.7]);
});
