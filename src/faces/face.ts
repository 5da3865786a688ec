import { type Box, crop as cropImage, type RgbImage, type Size, scaleToOriginal } from "../pictures/image.ts";
import { halved } from "../pictures/pyramid.ts";

/** A point in image pixels; pixel centres are at half-integer coordinates. */
export type Point = readonly [x: number, y: number];

/** A bounding box in image pixels: left and top edge, width and height. */
export type FaceBox = readonly [x: number, y: number, width: number, height: number];

/** Five landmarks: eyes, nose tip and mouth corners; left and right as seen in the image. */
export type Landmarks = readonly [
  leftEye: Point,
  rightEye: Point,
  nose: Point,
  leftMouthCorner: Point,
  rightMouthCorner: Point,
];

/** A detected face. */
export interface DetectedFace {
  readonly box: FaceBox;
  /** confidence of the detector, 0 to 1 */
  readonly score: number;
  readonly landmarks: Landmarks;
}

/** A similarity transform, rotation, scale and translation without reflection: (x, y) → (a·x − b·y + shiftX, b·x + a·y + shiftY). */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

/** The least-squares similarity transform from `from` to `to` (Umeyama, 1991, in two dimensions). The points must not all coincide. */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const [meanX, meanY] = mean(from);
  const [targetX, targetY] = mean(to);
  let dot = 0;
  let cross = 0;
  let spread = 0;
  for (const [i, [x, y]] of from.entries()) {
    const [dx, dy] = [x - meanX, y - meanY];
    const [ex, ey] = [to[i][0] - targetX, to[i][1] - targetY];
    dot += dx * ex + dy * ey;
    cross += dx * ey - dy * ex;
    spread += dx * dx + dy * dy;
  }
  const [a, b] = [dot / spread, cross / spread];
  return { a, b, shiftX: targetX - a * meanX + b * meanY, shiftY: targetY - b * meanX - a * meanY };
}

/**
 * Mean landmarks of FER2013 images in units of the image side, as detected by CenterFace on a sample of training faces and
 * made symmetric. Those of another sample differ by up to 0.02 (docs/records/detector.json).
 */
export const ferTemplate: readonly Point[] = [
  [0.334, 0.4],
  [0.666, 0.4],
  [0.5, 0.59],
  [0.366, 0.735],
  [0.634, 0.735],
];

/**
 * Side of the usual crop relative to that of the FER2013 image in which the landmarks lie on `ferTemplate`. One of the two shares that
 * match the mean face of FER+, the one that is more accurate on news faces (docs/records/photographs.json).
 */
export const cropShare = 0.9;

/** The square that is cut out around a face, relative to the usual one. */
export interface FaceCrop {
  /** side in units of the usual side */
  readonly scale: number;
  /** shift to the right and down in units of the usual side, along the axes of the aligned face */
  readonly shift: Point;
}

export const usualCrop: FaceCrop = { scale: 1, shift: [0, 0] };

/** The usual crop, and four that are shifted by a twenty-fifth of its side: left, right, up and down. */
export const fiveCrops: readonly FaceCrop[] = [
  usualCrop,
  { scale: 1, shift: [-0.04, 0] },
  { scale: 1, shift: [0.04, 0] },
  { scale: 1, shift: [0, -0.04] },
  { scale: 1, shift: [0, 0.04] },
];

/** Positions of the landmarks of a face in a crop, in units of its side. */
export function landmarksIn({ scale, shift: [shiftX, shiftY] }: FaceCrop): readonly Point[] {
  const place = (at: number, shift: number) => 0.5 + ((at - 0.5) / cropShare - shift) / scale;
  return ferTemplate.map(([x, y]): Point => [place(x, shiftX), place(y, shiftY)]);
}

/** Landmarks in a picture that is one aligned face, so that its usual crop is the picture's central square. */
export function wholeLandmarks({ width, height }: Size): Landmarks {
  const side = Math.min(width, height);
  const place = ([x, y]: Point): Point => [width / 2 + (x - 0.5) * side, height / 2 + (y - 0.5) * side];
  const [a, b, c, d, e] = landmarksIn(usualCrop).map(place);
  return [a, b, c, d, e];
}

/**
 * The face at about the picture's own resolution, its landmarks in pixels of the picture's `original` where that was decoded
 * smaller. What lies outside the picture repeats its edge.
 */
export function alignFace(image: RgbImage, face: Pick<DetectedFace, "landmarks">): RgbImage {
  return alignCrop(image, face, usualCrop);
}

/** One crop of a face, as `alignFace` cuts the usual one. */
export function alignCrop(
  image: RgbImage,
  { landmarks: given }: Pick<DetectedFace, "landmarks">,
  crop: FaceCrop,
): RgbImage {
  const [scaleX, scaleY] = scaleToOriginal(image);
  const landmarks = given.map(([x, y]): Point => [x / scaleX, y / scaleY]);
  const template = landmarksIn(crop);
  const natural = sideOf(fitSimilarity(template, landmarks));
  const side = Math.round(Math.min(maxSide, Math.max(minSide, natural)));
  const scaled = template.map(([x, y]): Point => [x * side, y * side]);
  return warp(image, fitSimilarity(scaled, landmarks), side);
}

/** Bounds on the side of an aligned face in pixels; a larger face would be downscaled for the image encoder anyway. */
const minSide = 48;
const maxSide = 256;
/** Side in image pixels of the template's unit square. */
const sideOf = ({ a, b }: Similarity): number => Math.hypot(a, b);

/** Warps the image: pixel (x, y) of the result is the image at `to`(x, y), averaged over the area of the pixel when downscaling. */
function warp(image: RgbImage, to: Similarity, side: number): RgbImage {
  const halvings = Math.max(0, Math.floor(Math.log2(sideOf(to))));
  if (halvings === 0) return sampled(image, to, side);
  const box = boxOf(image, to, side);
  let part = cropImage(image, box);
  for (let i = 0; i < halvings && Math.min(part.width, part.height) > 1; i++) part = halved(part);
  // An odd last row or column is gone, but each pixel covers as many as its neighbours.
  const share = 2 ** -Math.round(Math.log2(box.width / part.width));
  return sampled(
    part,
    { a: to.a * share, b: to.b * share, shiftX: (to.shiftX - box.left) * share, shiftY: (to.shiftY - box.top) * share },
    side,
  );
}

/** The whole pixels of the image that the result shows, or those nearest to it. */
function boxOf(image: RgbImage, { a, b, shiftX, shiftY }: Similarity, side: number): Box {
  const corners = [0, 1, 2, 3].map((i): Point => [side * (i % 2), side * Math.floor(i / 2)]);
  const xs = corners.map(([x, y]) => a * x - b * y + shiftX);
  const ys = corners.map(([x, y]) => b * x + a * y + shiftY);
  const [left, top] = [
    clamp(Math.floor(Math.min(...xs)), image.width),
    clamp(Math.floor(Math.min(...ys)), image.height),
  ];
  const right = clamp(Math.ceil(Math.max(...xs)), image.width);
  const bottom = clamp(Math.ceil(Math.max(...ys)), image.height);
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Scale from which on one bilinear sample a pixel would pass over some of the image. */
const minScaleOfFour = Math.SQRT2;

/** A pixel has 2¹⁰ places a side; a sum of four samples with weights of 2²⁰ has 31 bits then. */
const fraction = 10;
const one = 1 << fraction;

/** The warped image from one bilinear sample a pixel, or the mean of four when downscaling, which is by two at most. All sums are integers. */
function sampled({ width, height, data: source }: RgbImage, to: Similarity, side: number): RgbImage {
  const samples = sideOf(to) >= minScaleOfFour ? 2 : 1;
  const bits = 2 * fraction + 2 * (samples - 1);
  const data = new Uint8Array(3 * side * side);
  // Sample (u, v) is the middle of a pixel, or of a quarter of one. The last half rounds to the nearest place.
  const [a, b] = [(one * to.a) / samples, (one * to.b) / samples];
  const shiftX = one * (to.shiftX - 0.5) + (a - b) / 2 + 0.5;
  const shiftY = one * (to.shiftY - 0.5) + (b + a) / 2 + 0.5;
  const [right, bottom] = [width - 1, height - 1];
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += 3) {
      let red = 1 << (bits - 1);
      let green = red;
      let blue = red;
      for (let v = samples * y; v < samples * (y + 1); v++) {
        for (let u = samples * x; u < samples * (x + 1); u++) {
          const column = Math.floor(a * u - b * v + shiftX);
          const row = Math.floor(b * u + a * v + shiftY);
          const left = column >> fraction;
          const top = row >> fraction;
          const first = Math.max(0, Math.min(right, left));
          const second = Math.max(0, Math.min(right, left + 1));
          const upper = width * Math.max(0, Math.min(bottom, top));
          const lower = width * Math.max(0, Math.min(bottom, top + 1));
          const [p, q, r, s] = [3 * (upper + first), 3 * (upper + second), 3 * (lower + first), 3 * (lower + second)];
          const across = column & (one - 1);
          const down = row & (one - 1);
          const weightS = across * down;
          const weightQ = (across << fraction) - weightS;
          const weightR = (down << fraction) - weightS;
          const weightP = one * one - weightQ - weightR - weightS;
          red += weightP * source[p] + weightQ * source[q] + weightR * source[r] + weightS * source[s];
          green +=
            weightP * source[p + 1] + weightQ * source[q + 1] + weightR * source[r + 1] + weightS * source[s + 1];
          blue += weightP * source[p + 2] + weightQ * source[q + 2] + weightR * source[r + 2] + weightS * source[s + 2];
        }
      }
      data[at] = red >> bits;
      data[at + 1] = green >> bits;
      data[at + 2] = blue >> bits;
    }
  }
  return { width: side, height: side, data };
}

function mean(points: readonly Point[]): Point {
  const sum = points.reduce(([x, y], [px, py]): Point => [x + px, y + py], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
}

const clamp = (place: number, length: number): number => Math.max(0, Math.min(length - 1, place));
