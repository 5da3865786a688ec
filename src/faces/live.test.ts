import { describe, expect, it } from "vitest";
import type { RgbImage } from "../pictures/image.ts";
import type { FaceBox, Landmarks } from "./face.ts";
import { type FrameRecognizer, LiveFaces } from "./live.ts";
import { findPatch, GreyLevels, takePatch } from "./patch.ts";
import type { FacePrediction, PredictOptions, PreparedPicture } from "./recognizer.ts";

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

/**
 * A recognizer that knows where the face is, and records for each frame how it was asked. `look` is a number that stands for what the
 * face looks like as it is prepared; the classifier answers it as the probability of joy.
 */
function recognizerOf(places: readonly (readonly [number, number] | undefined)[], look: () => number = () => 1) {
  const asked: ("detect" | Landmarks)[] = [];
  const options: PredictOptions[] = [];
  let [detections, reads] = [0, 0];
  const recognizer: FrameRecognizer = {
    unsureBelow: 0.5,
    prepareDecoded: async ({ data }, given = {}): Promise<PreparedPicture> => {
      const { landmarks } = given;
      asked.push(landmarks ?? "detect");
      if (landmarks === undefined) options.push(given);
      const pixels = new Float32Array(3 * 64).map((_, i) => (i === 0 ? look() : i % 7));
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
        faces.map(({ pixels: [joy], ...face }): FacePrediction => {
          reads++;
          return { ...face, label: "joy", score: joy, confident: true, probabilities: { joy, calm: 1 - joy } };
        }),
      ),
  };
  return { recognizer, asked, options, detections: () => detections, reads: () => reads };
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

  it("are looked for upright, from a tenth of the frame's height on", async () => {
    const { recognizer, options } = recognizerOf([[20, 30]]);
    await new LiveFaces(recognizer).read(frame(20, 30), 0);
    await new LiveFaces(recognizer).read({ ...frame(20, 30), original: { width: 400, height: 240 } }, 0);
    expect(options).toEqual([
      { smallestFace: 12, turned: false },
      { smallestFace: 24, turned: false },
    ]);
  });

  it("are followed in pixels of the camera's own frame where that was reduced", async () => {
    const { recognizer } = recognizerOf([[20, 30]]);
    // The detector's places are in pixels of the original, here twice as many a side.
    const doubled: FrameRecognizer = {
      ...recognizer,
      prepareDecoded: async (given, options) => {
        const { faces, ...rest } = await recognizer.prepareDecoded(given, options);
        const [x, y] = options?.landmarks === undefined ? [40, 60] : [0, 0];
        return { ...rest, faces: faces.map((each) => ({ ...each, box: [x, y, 2 * side, 2 * side] })) };
      },
    };
    const live = new LiveFaces(doubled);
    const original = { width: 400, height: 240 };
    await live.read({ ...frame(20, 30), original }, 0);
    const [{ box }] = await live.read({ ...frame(25, 28), original }, 0.04);
    expect(Math.abs(box[0] - 50)).toBeLessThan(1);
    expect(Math.abs(box[1] - 56)).toBeLessThan(1);
  });
});

describe("a live face is read", () => {
  /** Frames in which it was read, of as many as there are looks. */
  async function readingsOf(looks: readonly number[], readEvery?: number) {
    const still = frame(20, 30);
    let now = 0;
    const { recognizer, reads } = recognizerOf([[20, 30]], () => looks[now]);
    const live = new LiveFaces(recognizer, { smoothing: 0, ...(readEvery && { readEvery }) });
    const read: number[] = [];
    const joys: number[] = [];
    for (const i of looks.keys()) {
      now = i;
      const before = reads();
      const [face] = await live.read(still, i / 25);
      if (reads() > before) read.push(i);
      joys.push(face.rawProbabilities.joy);
    }
    expect(live.work).toMatchObject({ frames: looks.length, reads: read.length });
    return { read, joys: joys.map((joy) => Math.round(100 * joy) / 100) };
  }

  it("in every fifth frame where it does not change", async () => {
    const { read } = await readingsOf(Array(11).fill(0.5));
    expect(read).toEqual([0, 5, 10]);
  });

  it("in every second one where it does, and has the last answer in between", async () => {
    const { read, joys } = await readingsOf([0.1, 0.3, 0.5, 0.7, 0.9, 0.9]);
    expect(read).toEqual([0, 2, 4]);
    expect(joys).toEqual([0.1, 0.1, 0.5, 0.5, 0.9, 0.9]);
  });

  it("not for what a camera's noise changes, until that adds up", async () => {
    expect((await readingsOf([0.5, 0.6, 0.5, 0.6, 0.5])).read).toEqual([0]);
    expect((await readingsOf([0.5, 0.55, 0.6, 0.65, 0.7])).read).toEqual([0, 3]);
  });

  it("in every frame where that is asked for", async () => {
    expect((await readingsOf([0.1, 0.3, 0.5, 0.7], 1)).read).toEqual([0, 1, 2, 3]);
  });

  it("at once where it is new", async () => {
    const { recognizer, reads } = recognizerOf([[20, 30]]);
    const live = new LiveFaces(recognizer);
    expect(await live.read(frame(500, 500), 0)).toEqual([]);
    expect(reads()).toBe(0);
    await live.read(frame(20, 30), 0.04);
    expect(reads()).toBe(1);
  });
});
