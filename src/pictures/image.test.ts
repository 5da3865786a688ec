import { expect, it } from "vitest";
import { crop } from "./image.ts";

const image = { width: 2, height: 2, data: Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]) };
const reds = (box: { left: number; top: number; width: number; height: number }) =>
  [...crop(image, box).data].filter((_, i) => i % 3 === 0);

it("takes the pixels in the box", () => {
  expect(reds({ left: 1, top: 0, width: 1, height: 2 })).toEqual([2, 4]);
  expect(reds({ left: 0, top: 0, width: 2, height: 2 })).toEqual([1, 2, 3, 4]);
});

it("is black where the box leaves the image", () => {
  expect(reds({ left: -1, top: -1, width: 4, height: 3 })).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0]);
  expect(reds({ left: 1, top: 1, width: 2, height: 2 })).toEqual([4, 0, 0, 0]);
  expect(reds({ left: 5, top: 5, width: 1, height: 1 })).toEqual([0]);
});
