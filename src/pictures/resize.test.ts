import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expected, largestDifference, loadFixture, unpack } from "../../test/preprocessFixtures.ts";
import { sameCases } from "../../test/sameCases.ts";
import { crop } from "./image.ts";
import type { ResampleFilter } from "./resize.ts";
import { resize } from "./resize.ts";

describe("resize", () => {
  it.each(expected.resize)("$file to $width×$height by $filter equals Pillow's to the bit", async (wanted) => {
    const image = await loadFixture(wanted.file);
    const [left, top, right, bottom] = wanted.box ?? [0, 0, image.width, image.height];
    const source = crop(image, { left, top, width: right - left, height: bottom - top });
    const { width, height, data } = resize(source, wanted, wanted.filter);
    expect([width, height]).toEqual([wanted.width, wanted.height]);
    expect(largestDifference(data, unpack(wanted.rgb))).toBe(0);
  });

  it("leaves its input as it was", async () => {
    const image = await loadFixture("odd-37x53.png");
    const before = image.data.slice();
    resize(image, { width: 20, height: 20 }, "bicubic");
    expect(largestDifference(image.data, before)).toBe(0);
  });
});

const filter = fc.constantFrom<ResampleFilter>("bilinear", "bicubic", "lanczos");
const side = fc.integer({ min: 1, max: 24 });

describe("resize, whatever the picture and the size,", () => {
  const picture = fc
    .tuple(side, side)
    .chain(([width, height]) =>
      fc
        .uint8Array({ minLength: 3 * width * height, maxLength: 3 * width * height })
        .map((data) => ({ width, height, data })),
    );

  it("keeps one colour as it is: the weights of each pixel come to 1", () => {
    const colour = fc.array(fc.nat(255), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(side, side, side, side, colour, filter, (width, height, toWidth, toHeight, rgb, by) => {
        const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => rgb[i % 3]);
        const resized = resize({ width, height, data }, { width: toWidth, height: toHeight }, by);
        expect([resized.width, resized.height, resized.data.length]).toEqual([
          toWidth,
          toHeight,
          3 * toWidth * toHeight,
        ]);
        expect(resized.data.every((value, i) => value === rgb[i % 3])).toBe(true);
      }),
      sameCases,
    );
  });

  it("gives the picture itself at its own size", () => {
    fc.assert(
      fc.property(picture, filter, (image, by) => {
        expect(resize(image, image, by).data).toEqual(image.data);
      }),
      sameCases,
    );
  });

  it("stays within the darkest and the brightest value of a channel where no weight is negative", () => {
    fc.assert(
      fc.property(picture, side, side, (image, width, height) => {
        const { data } = resize(image, { width, height }, "bilinear");
        for (const channel of [0, 1, 2]) {
          const of = (values: Uint8Array) => values.filter((_, i) => i % 3 === channel);
          const [before, after] = [of(image.data), of(data)];
          expect(Math.min(...after)).toBeGreaterThanOrEqual(Math.min(...before));
          expect(Math.max(...after)).toBeLessThanOrEqual(Math.max(...before));
        }
      }),
      sameCases,
    );
  });
});
