import { expect, it } from "vitest";
import { blockMeans, isUnchanged } from "./difference.ts";

const picture = (width: number, height: number, shade: (x: number, y: number) => number) => ({
  ...{ width, height },
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return shade(pixel % width, Math.floor(pixel / width));
  }),
});

it("means are those of blocks of 16 pixels a side, smaller ones at the edges", () => {
  const means = blockMeans(picture(20, 17, (x, y) => (x < 16 ? 10 : 50) + (y < 16 ? 0 : 100)));
  expect([...means]).toEqual([10, 50, 110, 150]);
});

it("alpha does not count", () => {
  const data = Uint8Array.from({ length: 4 * 16 * 16 }, (_, i) => (i % 4 === 3 ? 255 : 40));
  expect([...blockMeans({ width: 16, height: 16, data })]).toEqual([40]);
});

it("noise is no change, a mouth that opens is one", () => {
  const still = blockMeans(picture(320, 240, () => 100));
  const noisy = blockMeans(picture(320, 240, (x, y) => 100 + (((7 * x + 13 * y) % 9) - 4)));
  expect(isUnchanged(still, noisy)).toBe(true);
  const mouth = (x: number, y: number) => (x >= 100 && x < 112 && y >= 100 && y < 108 ? 60 : 100);
  expect(isUnchanged(still, blockMeans(picture(320, 240, mouth)))).toBe(false);
});

it("another size is a change", () => {
  expect(isUnchanged(blockMeans(picture(32, 16, () => 1)), blockMeans(picture(48, 16, () => 1)))).toBe(false);
});
