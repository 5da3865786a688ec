import { describe, expect, it } from "vitest";
import type { RgbImage } from "../pictures/image.ts";
import type { FaceBox, Landmarks } from "./face.ts";
import { type FrameRecognizer, LiveFaces } from "./live.ts";
import { findPatch, GreyLevels, takePatch } from "./patch.ts";
import type { FacePrediction, PreparedPicture } from "./recognizer.ts";

const [width, height, side] = [200, 120, 48];

/** A bright pattern of waves at (left, top) on a ground with a slope; `light` scales all of it. */
function frame(left: number, top: number, light = 1): RgbImage {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [(pixel % width) - left, Math.floor(pixel / width) - top];
    const isFace = x >= 0 && y >= 0 && x < side && y < side;
    const wave = 120 + 50 * Math.sin(x / 5) + 50 * Math.cos(y / 7 + x / 9);
    return light * (isFace ? wave : 40 + (x + left) / 10);
  });
  return { width, height, data };
}

const boxAt = (left: number, top: number): FaceBox => [left, top, side, side];

describe("a patch", () => {
  it.each([
    [0, 0, 1],
    [9, -7, 1],
    [-20, 12, 0.7],
  ])("is found %i and %i pixels away, in light times %f", (dx, dy, light) => {
    const patch = takePatch(new GreyLevels(frame(70, 40)), boxAt(70, 40));
    expect(patch).toMatchObject({ factor: 2, width: 24, height: 24 });
    if (patch === undefined) return;
    const { shift, score } = findPatch(new GreyLevels(frame(70 + dx, 40 + dy, light)), patch, [0, 0]);
    expect(Math.abs(shift[0] - dx)).toBeLessThan(1);
    expect(Math.abs(shift[1] - dy)).toBeLessThan(1);
    expect(score).toBeGreaterThan(0.95);
  });

  it("is searched for from where it was last", () => {
    const patch = takePatch(new GreyLevels(frame(10, 10)), boxAt(10, 10));
    if (patch === undefined) throw new Error("there is a patch");
    const far = new GreyLevels(frame(80, 10));
    expect(findPatch(far, patch, [0, 0]).score).toBeLessThan(0.8);
    expect(findPatch(far, patch, [60, 0]).shift[0]).toBeCloseTo(70, 0);
  });

  it("of one colour, or outside the picture, is none", () => {
    const plain = new GreyLevels({ width, height, data: new Uint8Array(3 * width * height).fill(90) });
    expect(takePatch(plain, boxAt(10, 10))).toBeUndefined();
    expect(takePatch(new GreyLevels(frame(0, 0)), boxAt(width, 0))).toBeUndefined();
  });
});

/** A recognizer that knows where the face is, and records for each frame how it was asked. */
function recognizerOf(places: readonly (readonly [number, number] | undefined)[]) {
  const asked: ("detect" | Landmarks)[] = [];
  let detections = 0;
  const recognizer: FrameRecognizer = {
    unsureBelow: 0.5,
    prepareDecoded: async ({ data }, { landmarks } = {}): Promise<PreparedPicture> => {
      asked.push(landmarks ?? "detect");
      const pixels = new Float32Array(3 * 64).map((_, i) => i % 7);
      if (landmarks !== undefined) return { width, height, faces: [{ box: [0, 0, 1, 1], landmarks, pixels }] };
      detections++;
      const place = places.find((each) => each !== undefined && frame(...each).data.every((v, i) => v === data[i]));
      if (place === undefined) return { width, height, faces: [] };
      return {
        width,
        height,
        faces: [{ box: boxAt(...place), detection: 0.9, landmarks: landmarksAt(...place), pixels }],
      };
    },
    classify: async (pictures) =>
      pictures.map(({ faces }) =>
        faces.map(({ pixels: _pixels, ...face }): FacePrediction => {
          return { ...face, label: "joy", score: 1, confident: true, probabilities: { joy: 1, calm: 0 } };
        }),
      ),
  };
  return { recognizer, asked, detections: () => detections };
}

const landmarksAt = (left: number, top: number): Landmarks => {
  const at = (x: number, y: number) => [left + x, top + y] as const;
  return [at(15, 18), at(33, 18), at(24, 28), at(17, 36), at(31, 36)];
};

describe("live faces", () => {
  it("are found in every fifth frame and followed in between", async () => {
    const places = Array.from({ length: 7 }, (_, i) => [20 + 4 * i, 30] as const);
    const { recognizer, asked } = recognizerOf(places);
    const live = new LiveFaces(recognizer);
    for (const [i, place] of places.entries()) {
      const [face, ...others] = await live.read(frame(...place), i / 25);
      expect(others).toEqual([]);
      expect(face).toMatchObject({ track: 1, detection: 0.9 });
      expect(Math.abs(face.box[0] - place[0])).toBeLessThan(1);
      expect(Math.abs((face.landmarks?.[0][0] ?? 0) - place[0] - 15)).toBeLessThan(1);
    }
    expect(asked.map((how) => how === "detect")).toEqual([true, false, false, false, false, true, false]);
  });

  it("are looked for again at once where one is lost, and in every frame where there is none", async () => {
    const { recognizer, detections } = recognizerOf([[20, 30]]);
    const live = new LiveFaces(recognizer);
    const empty = frame(500, 500);
    expect(await live.read(frame(20, 30), 0)).toHaveLength(1);
    expect(await live.read(empty, 0.1)).toEqual([]);
    expect(await live.read(empty, 0.2)).toEqual([]);
    expect(detections()).toBe(3);
    expect((await live.read(frame(20, 30), 0.3)).map(({ track }) => track)).toEqual([1]);
  });
});
