import { expect, it } from "vitest";
import type { RgbImage } from "../pictures/image.ts";
import { alignFace, ferTemplate, type Landmarks, type Point } from "./face.ts";

/** A picture whose red and green grow with x and y, so that a pixel tells where it comes from. */
function ramp(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x, y, 7], 3 * (y * width + x));
  }
  return { width, height, data };
}

/** The template laid into a picture: turned by `angle` about its upper left corner, which comes to `at`. */
function landmarks(side: number, angle: number, [left, top]: Point): Landmarks {
  const [cos, sin] = [Math.cos(angle) * side, Math.sin(angle) * side];
  const [a, b, c, d, e] = ferTemplate.map(([x, y]): Point => [cos * x - sin * y + left, sin * x + cos * y + top]);
  return [a, b, c, d, e];
}

const found = (points: Landmarks) => ({ box: [0, 0, 1, 1] as const, score: 1, landmarks: points });
const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x)).subarray(0, 3),
];

it("cuts an upright face out pixel for pixel", () => {
  const face = alignFace(ramp(200, 200), found(landmarks(100, 0, [30, 40])));
  expect(face.width).toBe(100);
  expect(pixel(face, 0, 0)).toEqual([30, 40, 7]);
  expect(pixel(face, 99, 99)).toEqual([129, 139, 7]);
});

it("turns a tilted face upright", () => {
  const face = alignFace(ramp(250, 250), found(landmarks(100, Math.PI / 6, [120, 40])));
  const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const [x, y] = [60.5, 20.5];
  const [red, green] = pixel(face, 60, 20);
  expect(Math.abs(red - (cos * x - sin * y + 120 - 0.5))).toBeLessThan(1);
  expect(Math.abs(green - (sin * x + cos * y + 40 - 0.5))).toBeLessThan(1);
});

it("enlarges small faces to the least side and keeps large ones within the most", () => {
  expect(alignFace(ramp(60, 60), found(landmarks(20, 0, [10, 10]))).width).toBe(48);
  expect(alignFace(ramp(250, 250), found(landmarks(5000, 0, [0, 0]))).width).toBe(256);
});

it("repeats the picture's edge beyond it", () => {
  const face = alignFace(ramp(100, 100), found(landmarks(100, 0, [-50, 0])));
  expect(pixel(face, 0, 30)).toEqual([0, 30, 7]);
});
