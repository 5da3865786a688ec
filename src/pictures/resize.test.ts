import { describe, expect, it } from "vitest";
import { expected, largestDifference, loadFixture, unpack } from "../../test/preprocessFixtures.ts";
import { crop } from "./image.ts";
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
