import { describe, expect, it } from "vitest";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import type { RgbImage } from "../pictures/image.ts";
import { columnsFirst } from "../pictures/resize.ts";
import { Random } from "../platform/random.ts";
import { pictureInput, pixelsOfPictures, samplesInGraph } from "./pictureGraph.ts";
import { frameSide, rowLength, writePicture } from "./pictureRows.ts";
import { type ClipPreprocess, denormalise, parseClipPreprocess, writePixels } from "./preprocess.ts";
import { centreSampling, type Sampling } from "./sampling.ts";

const side = 32;
const values = 3 * side ** 2;
const filters = { bilinear: 2, bicubic: 3 } as const;
const configOf = (filter: keyof typeof filters, more: object = {}) =>
  parseClipPreprocess({ resample: filters[filter], ...more }, side, "config");

/** Bytes that overshoot any filter: black or white at random. */
function noise(width: number, height: number): RgbImage {
  const random = new Random("noise", width, height);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => (random.uint32() & 1) * 255) };
}

type Case = readonly [image: RgbImage, sampling: Sampling];

/** The pixels that a graph and that the processor makes of each picture. */
async function bothWays(
  cases: readonly Case[],
  config: ClipPreprocess,
): Promise<readonly (readonly [Float32Array, Float32Array])[]> {
  const rows = new Float32Array(cases.length * rowLength(side));
  for (const [i, [image, sampling]] of cases.entries())
    writePicture(image, sampling, config, rows, i * rowLength(side));
  const session = await openSession(toOnnx({ pixels: pixelsOfPictures(pictureInput(side, cases.length), config) }));
  const { pixels } = await session.run({ pictures: rows });
  await session.dispose();
  return cases.map(([image, sampling], i) => {
    const expected = new Float32Array(values);
    writePixels(image, sampling, config, expected, 0);
    return [Float32Array.from(pixels.slice(i * values, (i + 1) * values), Number), expected] as const;
  });
}

/** The largest difference in bytes. */
function difference([got, expected]: readonly [Float32Array, Float32Array], config: ClipPreprocess): number {
  const bytes = denormalise(got, config).data;
  return denormalise(expected, config).data.reduce((most, byte, i) => Math.max(most, Math.abs(byte - bytes[i])), 0);
}

const at = (left: number, top: number, width: number, height: number) => ({ left, top, width, height });
const square = { width: side, height: side };

describe.each(["bilinear", "bicubic"] as const)("by the %s filter", (filter) => {
  const config = configOf(filter);

  it("samples the centre of pictures of any shape to two bytes", async () => {
    const sizes = [
      [1, 1],
      [1, 200],
      [37, 53],
      [32, 32],
      [31, 33],
      [256, 256],
      [33, 255],
      [300, 280],
      [250, 40],
      [100, 199],
    ];
    const cases = sizes.map(
      ([width, height]) => [noise(width, height), centreSampling({ width, height }, config)] as const,
    );
    const results = await bothWays(cases, config);
    expect(Math.max(...results.map((result) => difference(result, config)))).toBeLessThanOrEqual(2);
  });

  it("crops, flips and erases, whichever side is resized first", async () => {
    const [wide, tall] = [at(30, 10, 90, 70), at(10, 3, 40, 120)];
    expect([columnsFirst(wide, square), columnsFirst(tall, square)]).toEqual([false, true]);
    const erased = at(3, 20, 9, 12);
    const cases = [wide, tall].flatMap((region) =>
      [false, true].map((isFlipped) => {
        const sampling = { region, size: square, window: at(0, 0, side, side), isFlipped, erased };
        return [noise(128, 128), sampling] as const;
      }),
    );
    const results = await bothWays(cases, config);
    expect(Math.max(...results.map((result) => difference(result, config)))).toBeLessThanOrEqual(2);
    const zeros = [...results[1][0].keys()].filter((i) => results[1][0][i] === 0);
    expect(zeros.length).toBe(3 * erased.width * erased.height);
    expect(zeros).toEqual([...results[1][1].keys()].filter((i) => results[1][1][i] === 0));
    expect(results[0][0]).not.toEqual(results[1][0]);
  });
});

it("gives equal values where nothing is resized", async () => {
  const config = configOf("bicubic");
  const random = new Random("bytes");
  const data = Uint8Array.from({ length: values }, () => random.integer(256));
  const image = { width: side, height: side, data };
  const [[got, expected]] = await bothWays([[image, centreSampling(image, config)]], config);
  expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-6);
});

it("reads bytes at any place of their buffer", async () => {
  const config = configOf("bicubic");
  const { data } = noise(45, 39);
  const cases = [0, 1, 2, 3].map((offset) => {
    const moved = new Uint8Array(data.length + 4).subarray(offset, offset + data.length);
    moved.set(data);
    const image = { width: 45, height: 39, data: moved };
    return [image, { ...centreSampling(image, config), region: at(1 + offset, 2, 37, 33) }] as const;
  });
  const results = await bothWays(cases, config);
  expect(Math.max(...results.map((result) => difference(result, config)))).toBeLessThanOrEqual(2);
});

it("takes pictures that a frame does not hold, and black margins, from the processor's resize", async () => {
  const config = configOf("bicubic", { size: { shortest_edge: 20 } });
  const large = frameSide(side) + 1;
  const cases = [noise(large, 9), noise(9, large), noise(20, 20)].map(
    (image) => [image, centreSampling(image, config)] as const,
  );
  const results = await bothWays(cases, config);
  expect(results.map((result) => difference(result, config))).toEqual([0, 0, 0]);
});

it("makes a row of zeros black, and no NaN", async () => {
  const config = configOf("bicubic");
  const session = await openSession(toOnnx({ pixels: pixelsOfPictures(pictureInput(side, 1), config) }));
  const { pixels } = await session.run({ pictures: new Float32Array(rowLength(side)) });
  await session.dispose();
  expect(denormalise(Float32Array.from(pixels, Number), config).data).toEqual(new Uint8Array(values));
});

it("has no weights of Lanczos' filter", () => {
  const lanczos = parseClipPreprocess({ resample: 1 }, side, "config");
  expect(samplesInGraph(lanczos)).toBe(false);
  expect(samplesInGraph(configOf("bilinear"))).toBe(true);
  expect(() => pixelsOfPictures(pictureInput(side, 1), lanczos)).toThrow("no graph samples by the filter lanczos");
});
