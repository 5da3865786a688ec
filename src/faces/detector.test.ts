import { expect, it } from "vitest";
import type { OpenSession, Results } from "../graph/runtime/session.ts";
import type { RgbImage, Size } from "../pictures/image.ts";
import { createFaceDetector } from "./detector.ts";

/** A network that sees one face over the middle half of an input, where `sees` says so; it records the inputs. */
function detectorOf(sees: (input: Size) => boolean) {
  const inputs: string[] = [];
  const openSession: OpenSession = async () => ({
    concurrency: 1,
    run: async (_, shapes) => {
      const [, , height, width] = shapes?.pixels ?? [0, 0, 0, 0];
      inputs.push(`${width}×${height}`);
      return seen({ width, height }, sees({ width, height }));
    },
    dispose: async () => undefined,
  });
  return { inputs, detector: createFaceDetector({ model: new Uint8Array(), openSession }) };
}

function seen({ width, height }: Size, isSeen: boolean): Results {
  const [columns, rows] = [width / 4, height / 4];
  const plane = columns * rows;
  const middle = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
  const heatmap = new Float32Array(plane);
  if (isSeen) heatmap[middle] = 0.9;
  const size = new Float32Array(2 * plane).fill(Math.log(columns / 2));
  const landmarks = new Float32Array(10 * plane).fill(0.5);
  return { heatmap, size, offset: new Float32Array(2 * plane), landmarks };
}

const blank = (width: number, height: number, original?: Size): RgbImage => ({
  ...{ width, height, data: new Uint8Array(3 * width * height) },
  ...(original && { original }),
});

it("looks at the whole picture smaller and smaller where it shows nothing, and no further than it has to", async () => {
  const { detector, inputs } = detectorOf(({ width }) => width <= 192);
  const [face, ...more] = await detector.detect(blank(640, 640));
  expect(more).toEqual([]);
  expect(inputs).toEqual(["768×768", "384×384", "192×192"]);
  // half of the picture, wherever the middle of a cell lies
  expect(face.box.map((value) => Math.round(value / 40))).toEqual([4, 4, 8, 8]);
});

it("spends no time on it where the whole picture shows a face", async () => {
  const { detector, inputs } = detectorOf(() => true);
  expect(await detector.detect(blank(640, 640))).toHaveLength(1);
  expect(inputs).toEqual(["768×768"]);
});

it("takes no small thing for a face there, which the whole picture would have shown", async () => {
  const { detector, inputs } = detectorOf(({ width }) => width <= 128);
  expect(await detector.detect(blank(200, 200))).toEqual([]);
  expect(inputs).toEqual(["256×256", "128×128"]);
});

it("gives places in pixels of the picture's own size where that was decoded smaller", async () => {
  const { detector } = detectorOf(() => true);
  const [whole] = await detector.detect(blank(640, 480));
  const [half] = await detector.detect(blank(640, 480, { width: 1280, height: 960 }));
  for (const [i, value] of whole.box.entries()) expect(half.box[i] - 2 * value).toBeCloseTo(0, 1);
  expect(half.landmarks[0][0] - 2 * whole.landmarks[0][0]).toBeCloseTo(0, 1);
});
