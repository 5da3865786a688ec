import { expect, it } from "vitest";
import { ImageCache } from "./images.node.ts";

const image = (width: number) => ({ width, height: 1, data: new Uint8Array(3 * width) });

it("a cache of images keeps what fits and never more than its bytes", () => {
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

it("a cache of images counts a file once", () => {
  const cache = new ImageCache(100);
  cache.add("a", image(2));
  cache.add("a", image(2));
  expect(cache.bytes).toBe(6);
});
