import { describe, expect, it } from "vitest";
import { checkFewShotSet, type FewShotSet, holdOutFaces, type LabelledFace } from "./fewShotSet.ts";

const image = { width: 1, height: 1, data: new Uint8Array(3) };
const fewShots = (
  counts: readonly number[],
  classes = ["tired", "awake", "cross"].slice(0, counts.length),
): FewShotSet => ({
  classes,
  faces: counts.flatMap((count, label) => Array.from({ length: count }, (): LabelledFace => ({ label, image }))),
  seed: 1,
});

describe("holdOutFaces", () => {
  it("holds out a quarter of each class, at least one face", () => {
    const { faces, ...rest } = fewShots([2, 8, 11]);
    const heldOut = holdOutFaces({ faces, ...rest });
    const counts = [0, 1, 2].map((label) => [...heldOut].filter((i) => faces[i].label === label).length);
    expect(counts).toEqual([1, 2, 2]);
  });

  it("is a function of the seed", () => {
    const many = fewShots([20, 20]);
    expect(holdOutFaces(many)).toEqual(holdOutFaces(many));
    expect([...holdOutFaces({ ...many, seed: 2 })].sort()).not.toEqual([...holdOutFaces(many)].sort());
  });
});

describe("checkFewShotSet", () => {
  it("accepts two faces per class", () => expect(checkFewShotSet(fewShots([2, 3]))).toBeUndefined());

  it.each([
    [fewShots([4]), "one class leaves nothing to tell apart"],
    [fewShots([4, 1]), "the class awake has 1 of at least 2 faces"],
    [fewShots([2, 2], ["calm", "calm"]), "two classes are called calm"],
    [fewShots([2, 2], ["calm", " "]), "a class has no name"],
    [fewShots([2, 2], ["calm", "x".repeat(201)]), "more than 200 letters"],
    [fewShots([2, 2], ["calm", "a\nb"]), "a line break"],
  ])("rejects an invalid set: %#", (bad, message) => {
    expect(() => checkFewShotSet(bad)).toThrow(message);
  });
});
