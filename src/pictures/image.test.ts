import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { crop, fromPixelData, inColour, type RgbImage, viewOf } from "./image.ts";

const image = { width: 2, height: 2, data: Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]) };
const reds = (box: { left: number; top: number; width: number; height: number }) =>
  [...crop(image, box).data].filter((_, i) => i % 3 === 0);

it("takes the pixels in the box", () => {
  expect(reds({ left: 1, top: 0, width: 1, height: 2 })).toEqual([2, 4]);
  expect(reds({ left: 0, top: 0, width: 2, height: 2 })).toEqual([1, 2, 3, 4]);
});

it("is black outside the image", () => {
  expect(reds({ left: -1, top: -1, width: 4, height: 3 })).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0]);
  expect(reds({ left: 1, top: 1, width: 2, height: 2 })).toEqual([4, 0, 0, 0]);
  expect(reds({ left: 5, top: 5, width: 1, height: 1 })).toEqual([0]);
});

it("views whole rows in the memory of the image, and copies any other box", () => {
  const rows = { left: 0, top: 1, width: 2, height: 1 };
  expect(viewOf(image, rows)).toEqual(crop(image, rows));
  expect(viewOf(image, rows).data.buffer).toBe(image.data.buffer);
  for (const box of [
    { left: 1, top: 0, width: 1, height: 2 },
    { left: 0, top: 1, width: 2, height: 2 },
    { left: 0, top: -1, width: 2, height: 2 },
  ]) {
    expect(viewOf(image, box)).toEqual(crop(image, box));
    expect(viewOf(image, box).data.buffer).not.toBe(image.data.buffer);
  }
});

describe("crop, whatever the picture and the box,", () => {
  const side = fc.integer({ min: 1, max: 12 });
  const place = fc.integer({ min: -15, max: 15 });
  const box = fc.record({ left: place, top: place, width: side, height: side });
  const picture = fc.record({ width: side, height: side }).map(({ width, height }) => ({
    ...{ width, height },
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => 1 + (i % 255)),
  }));
  const pixel = ({ width, height, data }: RgbImage, x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? [0, 0, 0] : [...data.subarray(3 * (y * width + x)).subarray(0, 3)];

  it("copies the pixels of the box, and is black beyond the picture", () => {
    fc.assert(
      fc.property(picture, box, (whole, { left, top, width, height }) => {
        const part = crop(whole, { left, top, width, height });
        const places = Array.from({ length: width * height }, (_, i) => [i % width, Math.floor(i / width)]);
        const data = Uint8Array.from(places.flatMap(([x, y]) => pixel(whole, left + x, top + y)));
        expect(part).toEqual({ width, height, data });
      }),
      sameCases,
    );
  });

  it("is the same in two steps as in one", () => {
    fc.assert(
      fc.property(picture, box, side, side, (whole, outer, width, height) => {
        const inner = { left: outer.width - width, top: 0, width, height };
        fc.pre(inner.left >= 0 && height <= outer.height);
        const once = crop(whole, { ...inner, left: outer.left + inner.left, top: outer.top });
        expect(crop(crop(whole, outer), inner)).toEqual(once);
      }),
      sameCases,
    );
  });
});

describe("pixels of a canvas", () => {
  const plane = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }));

  it("lose their alpha, and nothing else", () => {
    fc.assert(
      fc.property(plane, fc.constantFrom(3, 4), fc.infiniteStream(fc.nat(255)), ([width, height], channels, bytes) => {
        const data = Uint8ClampedArray.from({ length: width * height * channels }, () => bytes.next().value ?? 0);
        const found = fromPixelData({ width, height, data });
        expect([...found.data]).toEqual([...data].filter((_, i) => i % channels < 3));
      }),
      sameCases,
    );
  });

  it.each([
    [2, 2, 15],
    [0, 2, 0],
    [1.5, 2, 9],
    [2, 2, 4],
  ])("%f × %f are not %i bytes", (width, height, length) => {
    expect(() => fromPixelData({ width, height, data: new Uint8Array(length) })).toThrow(
      `${length} bytes are no picture of ${width}×${height}`,
    );
  });
});

it("grey is the same in every channel", () => {
  expect(inColour({ width: 2, height: 1, data: Uint8Array.of(7, 250) })).toEqual({
    ...{ width: 2, height: 1, data: Uint8Array.of(7, 7, 7, 250, 250, 250) },
  });
});
