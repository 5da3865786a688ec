import { expect, it } from "vitest";
import { rowWidth } from "./clip.ts";

it.each([
  [512, 512],
  [768, 768],
  [1024, 1040],
  [1536, 1536],
  [2048, 2064],
  [3072, 3088],
  [4096, 4112],
])("pads rows of %i floats to %i", (width, stored) => {
  expect(rowWidth(width)).toBe(stored);
});
