/** Faces moved between a part of a picture, the picture as it was decoded, and the picture in its file. */
import { type Box, type RgbImage, type Size, scaleToOriginal } from "../pictures/image.ts";
import type { DetectedFace, Landmarks, Point } from "./face.ts";

/** The face with box and landmarks moved by `to`, which keeps axes parallel to the picture's edges. */
export function mapped({ box: [x, y, width, height], score, landmarks }: DetectedFace, to: (point: Point) => Point) {
  const [aX, aY] = to([x, y]);
  const [bX, bY] = to([x + width, y + height]);
  const [a, b, c, d, e] = landmarks;
  const points: Landmarks = [to(a), to(b), to(c), to(d), to(e)];
  const box = [Math.min(aX, bX), Math.min(aY, bY), Math.abs(bX - aX), Math.abs(bY - aY)] as const;
  return { box, score, landmarks: points } satisfies DetectedFace;
}

/** From pixels of a part that was sampled at `size` to those of the picture. */
export const fromPart =
  ({ left, top, width, height }: Box, size: Size) =>
  (face: DetectedFace): DetectedFace =>
    mapped(face, ([x, y]) => [left + (x * width) / size.width, top + (y * height) / size.height]);

/** From pixels of the decoded picture to those in its file, clipped to it and rounded to hundredths. */
export function inFile(image: RgbImage, face: DetectedFace): DetectedFace {
  const [scaleX, scaleY] = scaleToOriginal(image);
  const scaled = image.original === undefined ? face : mapped(face, ([x, y]) => [x * scaleX, y * scaleY]);
  return within(scaled, image.original ?? image);
}

/** Clips the box to the image and rounds to hundredths of a pixel, finer than the network's precision. */
function within(face: DetectedFace, picture: Size): DetectedFace {
  const { box, score, landmarks } = mapped(face, ([x, y]) => [hundredths(x), hundredths(y)]);
  const [left, top] = [Math.max(0, box[0]), Math.max(0, box[1])];
  const right = Math.min(picture.width, box[0] + box[2]);
  const bottom = Math.min(picture.height, box[1] + box[3]);
  const size = [Math.max(0, right - left), Math.max(0, bottom - top)].map(hundredths);
  return { box: [left, top, size[0], size[1]], score, landmarks };
}

const hundredths = (value: number): number => Math.round(100 * value) / 100;
