import { expect, it } from "vitest";
import type { OpenSession, Results } from "../graph/runtime/session.ts";
import type { RgbImage, Size } from "../pictures/image.ts";
import { createFaceDetector } from "./detector.ts";

/** Side of a look from close up, in pixels; no level of the pictures below has this size. */
const close = 128;

interface Network {
  /** whether it sees a face over the middle half of an input */
  readonly sees: (input: Size, looks: number) => boolean;
  /** score of that face */
  readonly first?: number;
  /** score of the face in the middle of a look from close up */
  readonly second?: number;
}

/** A detector over a network that is told what it sees; it records the inputs of first looks, and how many looks came from close up. */
function detectorOf({ sees, first = 0.9, second = 0.9 }: Network) {
  const inputs: string[] = [];
  const closeLooks: number[] = [];
  const openSession: OpenSession = async () => ({
    concurrency: 1,
    run: async (_, shapes) => {
      const [n, , height, width] = shapes?.pixels ?? [0, 0, 0, 0];
      if (width === close && height === close) {
        closeLooks.push(n);
        return seen({ width, height }, n, second, 18);
      }
      inputs.push(`${width}×${height}`);
      return seen({ width, height }, n, sees({ width, height }, inputs.length) ? first : 0, width / 8);
    },
    dispose: async () => undefined,
  });
  return { inputs, closeLooks, detector: createFaceDetector({ model: new Uint8Array(), openSession }) };
}

/** A face of `cells` cells a side in the middle of each of `n` images. */
function seen({ width, height }: Size, n: number, score: number, cells: number): Results {
  const [columns, rows] = [width / 4, height / 4];
  const plane = columns * rows;
  const middle = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
  const heatmap = new Float32Array(n * plane);
  for (let i = 0; i < n; i++) heatmap[i * plane + middle] = score;
  const size = new Float32Array(2 * n * plane).fill(Math.log(cells));
  const landmarks = new Float32Array(10 * n * plane).fill(0.5);
  return { heatmap, size, offset: new Float32Array(2 * n * plane), landmarks };
}

const blank = (width: number, height: number, original?: Size): RgbImage => ({
  ...{ width, height, data: new Uint8Array(3 * width * height) },
  ...(original && { original }),
});

const turnedInputs = ["192×256", "256×192", "192×256", "96×128", "128×96", "96×128"];

it("looks at the whole picture smaller and smaller where it shows nothing, and no further than it has to", async () => {
  const { detector, inputs } = detectorOf({ sees: ({ width }) => width <= 96 });
  const [face, ...more] = await detector.detect(blank(640, 480));
  expect(more).toEqual([]);
  expect(inputs).toEqual(["320×256", "160×128", "96×64"]);
  // half of the input of 96 pixels, of which the picture takes 80
  const [x, , width, height] = face.box;
  expect(Math.abs(x + width / 2 - 384)).toBeLessThan(30);
  expect([width, height].map((length) => Math.round(length / 10))).toEqual([38, 38]);
});

it("spends no time on it where the whole picture shows a face", async () => {
  const { detector, inputs, closeLooks } = detectorOf({ sees: () => true });
  expect(await detector.detect(blank(640, 480))).toHaveLength(1);
  expect(inputs).toEqual(["320×256"]);
  expect(closeLooks).toEqual([1]);
});

it("takes no small thing for a face there, which the whole picture would have shown", async () => {
  const { detector, inputs } = detectorOf({ sees: (_, looks) => looks === 2 });
  expect(await detector.detect(blank(400, 300))).toEqual([]);
  expect(inputs.slice(0, 2)).toEqual(["224×160", "128×96"]);
});

it("counts what a look from close up says: a weak candidate can be a face, and a strong one none", async () => {
  const weak = detectorOf({ sees: () => true, first: 0.07, second: 0.8 });
  const [face] = await weak.detector.detect(blank(640, 480));
  expect(face.score).toBeCloseTo(0.8, 5);
  const strong = detectorOf({ sees: () => true, first: 0.9, second: 0.2 });
  expect(await strong.detector.detect(blank(640, 480))).toEqual([]);
  expect(strong.inputs).toEqual(["320×256", "160×128", "96×64", ...turnedInputs]);
});

it("tries the other turns where nothing is found, for those that it is surer of", async () => {
  const lying = ({ width, height }: Size) => width === 192 && height === 256;
  const { detector, inputs } = detectorOf({ sees: lying });
  const faces = await detector.detect(blank(640, 480));
  expect(inputs).toEqual(["320×256", "160×128", "96×64", ...turnedInputs.slice(0, 3)]);
  expect(faces).toHaveLength(1);
  const [x, y, width, height] = faces[0].box;
  expect(Math.hypot(x + width / 2 - 320, y + height / 2 - 240)).toBeLessThan(20);
  expect(await detectorOf({ sees: lying, second: 0.45 }).detector.detect(blank(640, 480))).toEqual([]);
});

it("tries them, too, where no face is certain to be upright, and no further where one is", async () => {
  const doubtful = detectorOf({ sees: () => true, second: 0.6 });
  expect(await doubtful.detector.detect(blank(640, 480))).toHaveLength(1);
  expect(doubtful.inputs).toEqual(["320×256", ...turnedInputs.slice(0, 3)]);
  const certain = detectorOf({ sees: () => true, second: 0.7 });
  expect(await certain.detector.detect(blank(640, 480))).toHaveLength(1);
  expect(certain.inputs).toEqual(["320×256"]);
});

it("leaves the other turns out on request, and looks for faces as small as it is told", async () => {
  const { detector, inputs } = detectorOf({ sees: () => false });
  expect(await detector.detect(blank(640, 480), { turned: false, smallestFace: 96 })).toEqual([]);
  expect(inputs).toEqual(["160×128", "96×64"]);
});

it("looks at the parts of a large picture at the same time, as many as the network takes", async () => {
  let [working, most] = [0, 0];
  const openSession: OpenSession = async () => ({
    concurrency: 2,
    run: async (_, shapes) => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setImmediate(resolve));
      working--;
      const [n, , height, width] = shapes?.pixels ?? [0, 0, 0, 0];
      return seen({ width, height }, n, 0, 1);
    },
    dispose: async () => undefined,
  });
  const detector = createFaceDetector({ model: new Uint8Array(), openSession });
  expect(await detector.detect(blank(2400, 1600))).toEqual([]);
  expect(most).toBe(2);
});

it("sees black beside every picture, whatever it looked at before", async () => {
  const beside: number[] = [];
  const openSession: OpenSession = async () => ({
    concurrency: 1,
    run: async ({ pixels }, shapes) => {
      const [n, , height, width] = shapes?.pixels ?? [0, 0, 0, 0];
      if (width === 96)
        for (let at = 0; at < 3 * height * width; at++) if (at % width >= 80) beside.push(Number(pixels[at]));
      return seen({ width, height }, n, 0, 1);
    },
    dispose: async () => undefined,
  });
  const detector = createFaceDetector({ model: new Uint8Array(), openSession });
  const white = { ...blank(640, 480), data: new Uint8Array(3 * 640 * 480).fill(255) };
  for (let picture = 0; picture < 2; picture++) await detector.detect(white, { turned: false });
  expect(beside).toHaveLength(2 * 3 * 64 * 16);
  expect(beside.every((value) => value === 0)).toBe(true);
});

it("gives places in pixels of the picture's own size where that was decoded smaller", async () => {
  const { detector } = detectorOf({ sees: () => true });
  const [whole] = await detector.detect(blank(640, 480));
  const [half] = await detector.detect(blank(640, 480, { width: 1280, height: 960 }));
  for (const [i, value] of whole.box.entries()) expect(half.box[i] - 2 * value).toBeCloseTo(0, 1);
  expect(half.landmarks[0][0] - 2 * whole.landmarks[0][0]).toBeCloseTo(0, 1);
});
