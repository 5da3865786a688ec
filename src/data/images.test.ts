import { expect, it } from "vitest";
import { cutToBox, ImageCache } from "./images.node.ts";

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
