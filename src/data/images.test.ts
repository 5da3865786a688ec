import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { cutToBox, ImageCache, sampleReader } from "./images.node.ts";
import type { PixelBox } from "./sample.ts";

const image = (width: number) => ({ width, height: 1, data: new Uint8Array(3 * width) });

it("caches images that fit and never exceeds its maximum bytes", () => {
  const cache = new ImageCache(10);
  const first = image(2);
  cache.add("a", first);
  cache.add("b", image(2));
  cache.add("c", image(1));
  expect(cache.get("a")).toBe(first);
  expect(cache.get("b")).toBeUndefined();
  expect(cache.get("c")).toBeDefined();
  expect(cache.bytes).toBe(9);
});

it("counts a cached file once", () => {
  const cache = new ImageCache(100);
  cache.add("a", image(2));
  cache.add("a", image(2));
  expect(cache.bytes).toBe(6);
});

it("crops a box in original pixels from a reduced image", () => {
  const data = Uint8Array.from({ length: 3 * 10 * 8 }, (_, i) => Math.floor(i / 3));
  const half = { width: 10, height: 8, data, original: { width: 20, height: 15 } };
  const cut = cutToBox(half, [4, 4, 12, 8], "a");
  expect([cut.width, cut.height, cut.data[0]]).toEqual([4, 3, 22]);
  expect(() => cutToBox(half, [4, 4, 21, 8], "a")).toThrow("the face box (4, 4, 21, 8) leaves the image of 20×15");
});

it("reads each face of a picture with several, with and without a cache", async () => {
  const root = await mkdtemp(join(tmpdir(), "mpa-fer-faces-"));
  await sharp({ create: { width: 8, height: 4, channels: 3, background: "grey" } })
    .png()
    .toFile(join(root, "a.png"));
  const read = sampleReader({ root }, new ImageCache());
  const widthOf = async (box?: PixelBox) => (await read({ file: "a.png", label: 0, ...(box && { box }) })).width;
  expect([await widthOf([0, 0, 3, 4]), await widthOf([2, 0, 7, 4]), await widthOf()]).toEqual([3, 5, 8]);
  await rm(root, { recursive: true });
});
