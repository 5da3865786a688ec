import { describe, expect, it } from "vitest";
import { Random } from "../platform/random.ts";
import type { DetectedFace, FaceBox } from "./face.ts";
import { levelsOf, overlap, smallerLevels, suppressCovered, turnedSizes, usualSmallestFace } from "./tiles.ts";

const side = 640;

describe("the levels of a picture", () => {
  it("are one where the smallest face is large enough in one tile", () => {
    expect(levelsOf({ width: 640, height: 480 }, side, 24)).toEqual([
      { scale: 1, size: { width: 640, height: 480 }, tiles: [{ left: 0, top: 0, width: 640, height: 480 }] },
    ]);
  });

  it("are more where it is not: that of the smallest face in tiles, and quarters of it down to one tile", () => {
    const sizes = levelsOf({ width: 4000, height: 3000 }, side, 24).map(({ size }) => size.width);
    expect(sizes).toEqual([250, 1000, 4000]);
    const [whole, fine] = levelsOf({ width: 1600, height: 1200 }, side, 24);
    expect(whole.size).toEqual({ width: 400, height: 300 });
    expect(fine.size).toEqual({ width: 1600, height: 1200 });
    // Two rows of two, or three columns, would be tiles of more than 640² pixels.
    expect(fine.tiles).toHaveLength(6);
  });

  it("look for 48 pixels, and for no less than a forty-eighth of large pictures", () => {
    expect(usualSmallestFace({ width: 1000, height: 2304 })).toBe(48);
    expect(usualSmallestFace({ width: 4032, height: 3024 })).toBe(84);
    // of a panorama as of a picture of 2 : 1 with as many pixels
    expect(usualSmallestFace({ width: 16_000, height: 2000 })).toBeCloseTo(8000 / 48, 5);
  });

  it("that are smaller than the whole are halves of it, down to 64 pixels", () => {
    const picture = { width: 3000, height: 1500 };
    const [whole] = levelsOf(picture, side, 112.5);
    expect(smallerLevels(picture, whole, side).map(({ size }) => size)).toEqual([
      { width: 320, height: 160 },
      { width: 160, height: 80 },
      { width: 80, height: 40 },
    ]);
    const [small] = levelsOf({ width: 48, height: 48 }, side, 24);
    expect(smallerLevels({ width: 48, height: 48 }, small, side)).toEqual([]);
  });

  it("enlarge small pictures no more than the smallest face needs, and twice at most", () => {
    expect(levelsOf({ width: 48, height: 48 }, side, 24).map(({ size }) => size)).toEqual([{ width: 48, height: 48 }]);
    expect(levelsOf({ width: 48, height: 48 }, side, 8).map(({ size }) => size)).toEqual([{ width: 96, height: 96 }]);
  });

  it("of other turns are small, and a half of that", () => {
    expect(turnedSizes({ width: 4000, height: 2000 })).toEqual([
      { width: 256, height: 128 },
      { width: 128, height: 64 },
    ]);
    expect(turnedSizes({ width: 100, height: 80 })).toEqual([{ width: 100, height: 80 }]);
  });

  it("hold every face up to the overlap whole in one tile, wherever it lies", () => {
    const random = new Random("tiles", 1);
    for (let trial = 0; trial < 300; trial++) {
      const picture = { width: 1 + random.integer(6000), height: 1 + random.integer(6000) };
      for (const { size, tiles } of levelsOf(picture, side, 8 + random.integer(60))) {
        const length = Math.min(overlap, size.width, size.height);
        const x = random.integer(size.width - length + 1);
        const y = random.integer(size.height - length + 1);
        const holds = tiles.some(
          ({ left, top, width, height }) =>
            left <= x && top <= y && x + length <= left + width && y + length <= top + height,
        );
        expect(holds, JSON.stringify({ picture, x, y, length })).toBe(true);
        expect(tiles.every(({ width, height }) => width * height <= side ** 2)).toBe(true);
      }
    }
  });
});

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

describe("suppressCovered", () => {
  it("keeps the face of highest confidence among overlapping ones", () => {
    expect(scores([face(0.6, 0, 0, 10, 10), face(0.9, 1, 1, 10, 10), face(0.7, 2, 0, 10, 10)])).toEqual([0.9]);
  });

  it("keeps neighbours that overlap a little", () => {
    expect(scores([face(0.6, 0, 0, 10, 10), face(0.9, 6, 0, 10, 10)])).toEqual([0.9, 0.6]);
  });

  it("drops a part inside a face, and a face around a part of higher confidence", () => {
    expect(scores([face(0.9, 0, 0, 40, 40), face(0.6, 5, 5, 10, 10)])).toEqual([0.9]);
    expect(scores([face(0.6, 0, 0, 40, 40), face(0.9, 5, 5, 10, 10)])).toEqual([0.9]);
  });

  it("does not let a dropped face drop others", () => {
    // b is covered by a, c only by b
    expect(scores([face(0.9, 0, 0, 10, 10), face(0.8, 4, 0, 10, 10), face(0.7, 8, 0, 10, 10)])).toEqual([0.9, 0.7]);
  });
});
