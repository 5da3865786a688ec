import { describe, expect, it } from "vitest";
import type { RgbImage } from "../pictures/image.ts";
import { Random } from "../platform/random.ts";
import {
  alignCrop,
  alignFace,
  cropShare,
  ferTemplate,
  fitSimilarity,
  type Landmarks,
  landmarksIn,
  type Point,
  usualCrop,
  wholeLandmarks,
} from "./face.ts";

/** A picture whose red and green grow with x and y, so that a pixel tells where it comes from. */
function ramp(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x, y, 7], 3 * (y * width + x));
  }
  return { width, height, data };
}

/** Landmarks whose usual crop is a square placed in an image: rotated by `angle` about its upper left corner, which is at `at`. */
function landmarks(side: number, angle: number, [left, top]: Point): Landmarks {
  const [cos, sin] = [Math.cos(angle) * side, Math.sin(angle) * side];
  const [a, b, c, d, e] = landmarksIn(usualCrop).map(
    ([x, y]): Point => [cos * x - sin * y + left, sin * x + cos * y + top],
  );
  return [a, b, c, d, e];
}

const found = (points: Landmarks) => ({ box: [0, 0, 1, 1] as const, score: 1, landmarks: points });
const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x)).subarray(0, 3),
];

it("crops an upright face pixel for pixel", () => {
  const face = alignFace(ramp(200, 200), found(landmarks(100, 0, [30, 40])));
  expect(face.width).toBe(100);
  expect(pixel(face, 0, 0)).toEqual([30, 40, 7]);
  expect(pixel(face, 99, 99)).toEqual([129, 139, 7]);
});

it("rotates a tilted face upright", () => {
  const face = alignFace(ramp(250, 250), found(landmarks(100, Math.PI / 6, [120, 40])));
  const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const [x, y] = [60.5, 20.5];
  const [red, green] = pixel(face, 60, 20);
  expect(Math.abs(red - (cos * x - sin * y + 120 - 0.5))).toBeLessThan(1);
  expect(Math.abs(green - (sin * x + cos * y + 40 - 0.5))).toBeLessThan(1);
});

it("upscales small faces to the minimum side and limits large ones to the maximum", () => {
  expect(alignFace(ramp(60, 60), found(landmarks(20, 0, [10, 10]))).width).toBe(48);
  expect(alignFace(ramp(250, 250), found(landmarks(5000, 0, [0, 0]))).width).toBe(256);
});

it("downscales a large face to the means of what each pixel covers, at the same place", () => {
  const side = 1500;
  const data = new Uint8Array(3 * side * side);
  for (let i = 0; i < side * side; i++)
    data.set([(i % side) / 6, Math.floor(i / side) / 6, i % 2 === 0 ? 0 : 255], 3 * i);
  const face = alignFace({ width: side, height: side, data }, found(landmarks(1200, 0, [200, 100])));
  expect(face.width).toBe(256);
  for (const [x, y] of [
    [0, 0],
    [128, 77],
    [255, 255],
  ]) {
    const [red, green, blue] = pixel(face, x, y);
    const covered = (at: number, start: number) => (start + ((at + 0.5) * 1200) / 256) / 6;
    expect(Math.abs(red - covered(x, 200))).toBeLessThan(1.5);
    expect(Math.abs(green - covered(y, 100))).toBeLessThan(1.5);
    expect(Math.abs(blue - 128)).toBeLessThan(2);
  }
});

/** What bilinear interpolation without rounding gives at a place, at (x, y) within a pixel. */
function interpolated({ width, height, data }: RgbImage, x: number, y: number, channel: number): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const at = (column: number, row: number) =>
    data[3 * (Math.max(0, Math.min(height - 1, row)) * width + Math.max(0, Math.min(width - 1, column))) + channel];
  const [across, down] = [x - 0.5 - left, y - 0.5 - top];
  const above = at(left, top) * (1 - across) + at(left + 1, top) * across;
  return above * (1 - down) + (at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across) * down;
}

it.each([
  { length: 100, step: 1 },
  { length: 230, step: 1 },
  { length: 400, step: 0.5 },
])("interpolates noise to within a level: a tilted face of $length pixels", ({ length, step }) => {
  const noise = new Random("face", length);
  const image = { width: 420, height: 420, data: Uint8Array.from({ length: 3 * 420 * 420 }, () => noise.integer(256)) };
  const face = alignFace(image, found(landmarks(length, 0.1, [30, -10])));
  const [cos, sin] = [Math.cos(0.1), Math.sin(0.1)].map((each) => (each * length) / face.width);
  const offsets = step === 1 ? [0.5] : [0.25, 0.75];
  let most = 0;
  for (let i = 0; i < face.data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % face.width, Math.floor(i / 3 / face.width)];
    const samples = offsets.flatMap((v) =>
      offsets.map((u) =>
        interpolated(image, cos * (x + u) - sin * (y + v) + 30, sin * (x + u) + cos * (y + v) - 10, i % 3),
      ),
    );
    const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length;
    most = Math.max(most, Math.abs(face.data[i] - mean));
  }
  expect(most).toBeLessThan(1);
});

it("repeats edge pixels outside the image", () => {
  const face = alignFace(ramp(100, 100), found(landmarks(100, 0, [-50, 0])));
  expect(pixel(face, 0, 30)).toEqual([0, 30, 7]);
});

describe("crops", () => {
  it("cut nine tenths of the FER2013 square around its middle", () => {
    const [[left, top], [right]] = ferTemplate.map(([x, y]): Point => [100 * x, 100 * y]);
    const [a, b, c, d, e] = ferTemplate.map(([x, y]): Point => [100 * x + 40, 100 * y + 40]);
    const face = alignFace(ramp(200, 200), { landmarks: [a, b, c, d, e] });
    expect(face.width).toBe(90);
    expect(pixel(face, 0, 0)).toEqual([45, 45, 7]);
    const [[leftEye], [rightEye]] = landmarksIn(usualCrop);
    expect(rightEye - leftEye).toBeCloseTo((right - left) / 100 / cropShare, 10);
    expect(top).toBe(40);
  });

  it("shift along the axes of the face, and scale about its middle", () => {
    const place = landmarks(100, 0, [50, 50]);
    const shifted = alignCrop(ramp(250, 250), { landmarks: place }, { scale: 1, shift: [0.04, -0.1] });
    expect(pixel(shifted, 0, 0)).toEqual([54, 40, 7]);
    const wide = alignCrop(ramp(250, 250), { landmarks: place }, { scale: 1.2, shift: [0, 0] });
    expect([wide.width, ...pixel(wide, 0, 0)]).toEqual([120, 40, 40, 7]);
  });

  it("of a picture that is one face is the picture", () => {
    const picture = ramp(60, 60);
    expect(alignFace(picture, { landmarks: wholeLandmarks(picture) }).data).toEqual(picture.data);
    const wide = alignFace(ramp(100, 60), { landmarks: wholeLandmarks({ width: 100, height: 60 }) });
    expect([wide.width, ...pixel(wide, 0, 0)]).toEqual([60, 20, 0, 7]);
  });
});

const points: readonly Point[] = [
  [0, 0],
  [4, 0],
  [1, 3],
  [-2, 5],
];

describe("fitSimilarity", () => {
  it("recovers rotation, scale and translation", () => {
    const angle = 0.7;
    const [a, b] = [2.5 * Math.cos(angle), 2.5 * Math.sin(angle)];
    const moved = points.map(([x, y]): Point => [a * x - b * y + 11, b * x + a * y - 3]);
    const fit = fitSimilarity(points, moved);
    expect(fit.a).toBeCloseTo(a, 10);
    expect(fit.b).toBeCloseTo(b, 10);
    expect(fit.shiftX).toBeCloseTo(11, 10);
    expect(fit.shiftY).toBeCloseTo(-3, 10);
  });

  it("does not reflect", () => {
    const mirrored = points.map(([x, y]): Point => [-x, y]);
    const { a, b } = fitSimilarity(points, mirrored);
    // the best turn of a mirrored set shrinks it
    expect(Math.hypot(a, b)).toBeLessThan(0.9);
  });
});
