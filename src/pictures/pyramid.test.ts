import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import type { RgbImage } from "./image.ts";
import { halved, Pyramid } from "./pyramid.ts";

/** Red counts the columns, green the rows, blue is 7. */
function ramp(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), 7], 3 * i);
  return { width, height, data };
}
const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x)).subarray(0, 3),
];

it("halves to the means of four pixels, without the last of an odd side", () => {
  const image = halved(ramp(5, 4));
  expect([image.width, image.height]).toEqual([2, 2]);
  // (0 + 1) / 2, rounded up
  expect(pixel(image, 0, 0)).toEqual([1, 1, 7]);
  expect(pixel(image, 1, 1)).toEqual([3, 3, 7]);
});

it("halves any picture, wherever its bytes begin", () => {
  const side = fc.integer({ min: 2, max: 13 });
  const picture = fc.record({ width: side, height: side, start: fc.integer({ min: 0, max: 5 }) }).chain((size) =>
    fc.record({
      ...{ width: fc.constant(size.width), height: fc.constant(size.height), start: fc.constant(size.start) },
      bytes: fc.uint8Array({
        minLength: size.start + 3 * size.width * size.height,
        maxLength: size.start + 3 * size.width * size.height,
      }),
    }),
  );
  fc.assert(
    fc.property(picture, ({ width, height, start, bytes }) => {
      const image = { width, height, data: bytes.subarray(start) };
      const small = halved(image);
      expect([small.width, small.height]).toEqual([width >> 1, height >> 1]);
      for (let y = 0; y < small.height; y++) {
        for (let x = 0; x < small.width; x++) {
          const four = [0, 1, 2, 3].map((i) => pixel(image, 2 * x + (i % 2), 2 * y + (i >> 1)));
          const means = [0, 1, 2].map((c) => Math.floor(four.reduce((sum, each) => sum + each[c], 2) / 4));
          expect(pixel(small, x, y)).toEqual(means);
        }
      }
    }),
    sameCases,
  );
});

describe("a part of an image", () => {
  it("is the image itself at its own size", () => {
    const image = ramp(9, 6);
    expect(new Pyramid(image).whole(image)).toEqual(image);
    const part = new Pyramid(image).part({ left: 2, top: 1, width: 4, height: 3 }, { width: 4, height: 3 });
    expect(pixel(part, 0, 0)).toEqual([2, 1, 7]);
    expect(pixel(part, 3, 2)).toEqual([5, 3, 7]);
  });

  it("lies where it should at every size", () => {
    const pyramid = new Pyramid(ramp(240, 200));
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 300 }), fc.double({ min: 0, max: 40, noNaN: true }), (side, left) => {
        const region = { left, top: 2 * left, width: 120, height: 120 };
        const part = pyramid.part(region, { width: side, height: side });
        const middle = Math.floor(side / 2);
        const [red, green] = pixel(part, middle, middle);
        const place = ((middle + 0.5) * 120) / side - 0.5;
        // Halving rounds to bytes, up to half a level each time.
        expect(Math.abs(red - (left + place))).toBeLessThan(2.6);
        expect(Math.abs(green - (2 * left + place))).toBeLessThan(2.6);
      }),
      sameCases,
    );
  });

  it("is black outside the image, and repeats no edge", () => {
    const part = new Pyramid(ramp(8, 8)).part({ left: -4, top: -4, width: 16, height: 16 }, { width: 16, height: 16 });
    expect(pixel(part, 3, 8)).toEqual([0, 0, 0]);
    expect(pixel(part, 4, 8)).toEqual([0, 4, 7]);
    expect(pixel(part, 12, 8)).toEqual([0, 0, 0]);
    expect(pixel(part, 8, 3)).toEqual([0, 0, 0]);
  });

  it("of one pixel's height is read as well", () => {
    const thin = new Pyramid(ramp(200, 1)).whole({ width: 20, height: 1 });
    expect(thin.data).toHaveLength(60);
    expect(pixel(thin, 10, 0)[2]).toBe(7);
  });
});
