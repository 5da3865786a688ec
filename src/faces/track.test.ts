import { describe, expect, it } from "vitest";
import { appearanceOf, cosine } from "./appearance.ts";
import type { FaceBox } from "./face.ts";
import { FaceTracker, type SeenFace } from "./track.ts";

const box = (x: number, y = 0, side = 40): FaceBox => [x, y, side, side];
/** Unit vectors at right angles: faces that look nothing alike. */
const looks = (...values: readonly number[]) => Float32Array.from(values);
const [red, blue] = [looks(1, 0), looks(0, 1)];
/** Cosine 0.8 to red: alike enough after a gap at the same place, but not elsewhere. */
const reddish = looks(0.8, 0.6);

/** Tracks of the faces of frames that are `every` seconds apart. */
function tracksOf(frames: readonly (readonly SeenFace[])[], every = 0.2): readonly (readonly number[])[] {
  const tracker = new FaceTracker();
  return frames.map((faces, i) => tracker.update(i * every, faces));
}

describe("a face has one number", () => {
  it("while it moves, whatever the order of the faces", () => {
    const frames = [0, 10, 20, 30].map((x, i) => {
      const faces = [{ box: box(x) }, { box: box(200 - x) }];
      return i % 2 === 0 ? faces : faces.reverse();
    });
    expect(tracksOf(frames)).toEqual([
      [1, 2],
      [2, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  it("through a crossing, by motion alone", () => {
    const frames = [0, 12, 24, 36, 48, 60, 72, 84].map((x) => [{ box: box(x) }, { box: box(84 - x) }]);
    expect(new Set(tracksOf(frames, 0.1).map(String))).toEqual(new Set(["1,2"]));
  });

  it("through a crossing in which the one behind is not found, by appearance", () => {
    const both = (a: number, b: number) => [
      { box: box(a), appearance: red },
      { box: box(b), appearance: blue },
    ];
    const front = [{ box: box(50), appearance: blue }];
    expect(tracksOf([both(0, 100), both(25, 75), front, front, both(75, 25), both(100, 0)])).toEqual([
      ...[[1, 2], [1, 2], [2], [2]],
      ...[
        [1, 2],
        [1, 2],
      ],
    ]);
  });

  it("when it comes back elsewhere within a minute", () => {
    const tracker = new FaceTracker();
    expect(tracker.update(0, [{ box: box(0), appearance: red }])).toEqual([1]);
    expect(tracker.update(1, [])).toEqual([]);
    expect(tracker.update(60, [{ box: box(300), appearance: red }])).toEqual([1]);
    expect(tracker.update(120.5, [{ box: box(300), appearance: red }])).toEqual([2]);
  });

  it("when it was not found at its place for some seconds", () => {
    const tracker = new FaceTracker();
    tracker.update(0, [{ box: box(0), appearance: red }]);
    expect(tracker.update(5, [{ box: box(4), appearance: reddish }])).toEqual([1]);
  });
});

describe("another face has another number", () => {
  it("after a cut to another face at the same place", () => {
    const frames = [red, red, blue, blue, red].map((appearance) => [{ box: box(0), appearance }]);
    expect(tracksOf(frames).flat()).toEqual([1, 1, 2, 2, 1]);
  });

  it("that comes elsewhere and is only somewhat alike", () => {
    const frames = [[{ box: box(0), appearance: red }], [{ box: box(400), appearance: reddish }]];
    expect(tracksOf(frames).flat()).toEqual([1, 2]);
  });

  it("where appearances are unknown and the place is out of reach, or the size is another", () => {
    expect(tracksOf([[{ box: box(0) }], [{ box: box(100) }]]).flat()).toEqual([1, 2]);
    expect(tracksOf([[{ box: box(0) }], [{ box: box(0, 0, 90) }]]).flat()).toEqual([1, 2]);
    expect(tracksOf([[{ box: box(0) }], [{ box: box(0) }]], 2.5).flat()).toEqual([1, 2]);
  });

  it("in one frame, even where all are alike", () => {
    const three = [0, 300, 600].map((x) => ({ box: box(x), appearance: red }));
    expect(tracksOf([three, three])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });
});

describe("an appearance", () => {
  const side = 16;
  const pixelsOf = (shade: (x: number, y: number, c: number) => number) =>
    Float32Array.from({ length: 3 * side ** 2 }, (_, i) =>
      shade(i % side, Math.floor(i / side) % side, Math.floor(i / side ** 2)),
    );
  const ramp = appearanceOf(pixelsOf((x) => x));

  it("is a unit vector that brightness and contrast do not change", () => {
    expect(ramp).toHaveLength(192);
    expect(Math.hypot(...ramp)).toBeCloseTo(1, 5);
    expect(cosine(ramp, appearanceOf(pixelsOf((x) => 5 + 3 * x)))).toBeCloseTo(1, 5);
  });

  it("tells other patterns and colours apart", () => {
    expect(cosine(ramp, appearanceOf(pixelsOf((_x, y) => y)))).toBeCloseTo(0, 5);
    expect(cosine(ramp, appearanceOf(pixelsOf((x) => -x)))).toBeCloseTo(-1, 5);
    expect(cosine(ramp, appearanceOf(pixelsOf((x, _y, c) => x + 10 * c)))).toBeLessThan(0.6);
    expect([...appearanceOf(pixelsOf(() => 3))].every((value) => value === 0)).toBe(true);
  });
});
