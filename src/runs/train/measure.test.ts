import { expect, it } from "vitest";
import { timedImages } from "./measure.ts";

it("times whole batches of quick models, and of slow ones as much as takes about six seconds", () => {
  expect(timedImages(0.01, 4, 32)).toBe(32);
  // 6 / (0.37 · 4) is four runs of two images in two sessions
  expect(timedImages(0.37, 4, 32)).toBe(16);
  expect(timedImages(5, 4, 32)).toBe(8);
  expect(timedImages(5, 32, 32)).toBe(32);
});
