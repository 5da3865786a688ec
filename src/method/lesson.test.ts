import { describe, expect, it } from "vitest";
import { checkFewShotSet, type FewShotSet, holdOutFaces, type LabelledFace } from "./lesson.ts";

const image = { width: 1, height: 1, data: new Uint8Array(3) };
const lesson = (
  counts: readonly number[],
  classes = ["tired", "awake", "cross"].slice(0, counts.length),
): FewShotSet => ({
  classes,
  faces: counts.flatMap((count, label) => Array.from({ length: count }, (): LabelledFace => ({ label, image }))),
  seed: 1,
});

describe("holdOutFaces", () => {
  it("keeps a quarter of each class, and at least one face", () => {
    const { faces, ...rest } = lesson([2, 8, 11]);
    const aside = holdOutFaces({ faces, ...rest });
    const counts = [0, 1, 2].map((label) => [...aside].filter((i) => faces[i].label === label).length);
    expect(counts).toEqual([1, 2, 2]);
  });

  it("is a function of the seed", () => {
    const many = lesson([20, 20]);
    expect(holdOutFaces(many)).toEqual(holdOutFaces(many));
    expect([...holdOutFaces({ ...many, seed: 2 })].sort()).not.toEqual([...holdOutFaces(many)].sort());
  });
});

describe("checkLesson", () => {
  it("takes two faces a class", () => expect(checkFewShotSet(lesson([2, 3]))).toBeUndefined());

  it.each([
    [lesson([4]), "one class leaves nothing to tell apart"],
    [lesson([4, 1]), "the class awake has 1 of at least 2 faces"],
    [lesson([2, 2], ["calm", "calm"]), "two classes are called calm"],
    [lesson([2, 2], ["calm", " "]), "a class has no name"],
    [lesson([2, 2], ["calm", "x".repeat(201)]), "more than 200 letters"],
    [lesson([2, 2], ["calm", "a\nb"]), "a line break"],
  ])("refuses what cannot be taught: %#", (bad, message) => {
    expect(() => checkFewShotSet(bad)).toThrow(message);
  });
});
