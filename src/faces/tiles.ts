/** Image pyramids for multi-scale face detection, and suppression of duplicate detections. */
import type { Box, Size } from "../pictures/image.ts";
import type { DetectedFace, FaceBox } from "./face.ts";

/** A pyramid level: the image at one scale, divided into overlapping tiles. */
export interface Level {
  /** scale factor relative to the image */
  readonly scale: number;
  readonly size: Size;
  /** tiles of at most side² pixels of the scaled image */
  readonly tiles: readonly Box[];
}

/**
 * Pixels of a face in the network's input from which on it shows as a candidate. The network is sure of a face from 40 pixels or so on,
 * but candidates are looked at again from close up (docs/records/detector.json).
 */
const minSeen = 24;
/** Overlap of adjacent tiles in pixels: every face up to this size is complete in one tile. */
export const overlap = 4 * minSeen;
/** Maximum upscaling; a larger factor does not improve detection. */
const maxEnlarged = 2;

/**
 * Pyramid levels in ascending scale. The last shows faces of `smallestFace` pixels; where that does not fit into one tile, levels of a
 * quarter of the scale come before it, down to one that does. A face larger than the overlap at one level shows at the level before.
 */
export function levelsOf(picture: Size, side: number, smallestFace: number): Level[] {
  const fine = Math.min(maxEnlarged, minSeen / smallestFace);
  const fits = side / Math.sqrt(picture.width * picture.height);
  const scales = [fine];
  while (scales[0] > fits) scales.unshift(scales[0] / (overlap / minSeen));
  return scales.map((scale) => level(picture, scale, side));
}

/** A whole picture is not looked at with fewer pixels on its longer side. */
const minWhole = 64;

/**
 * The whole picture at a half of the first level's scale, a quarter and so on, for a face that fills it: whether the network
 * sees one that large depends on its pixels.
 */
export function smallerLevels(picture: Size, { scale }: Level, side: number): Level[] {
  const longest = Math.max(picture.width, picture.height);
  const scales: number[] = [];
  for (let smaller = scale / 2; smaller * longest >= minWhole; smaller /= 2) scales.push(smaller);
  return scales.map((each) => level(picture, each, side));
}

/** Longer side at which a picture without upright faces is looked at in its other turns. */
const turnedSide = 256;

/** Sizes at which a picture is looked at in its other turns: for smaller faces, and for one that fills it. */
export function turnedSizes(picture: Size): Size[] {
  const longest = Math.max(picture.width, picture.height);
  const scale = Math.min(1, turnedSide / longest);
  return [scale, scale / 2]
    .filter((each) => each === scale || each * longest >= minWhole)
    .map((each) => sizeAt(picture, each));
}

/** The longest picture whose longer side counts whole; of a panorama as many pixels count as such a picture has. */
const maxCounted = 2;

/**
 * Default size in pixels of the smallest face to detect: 48, which is as much as the bundled backbone reads, or a forty-eighth of the
 * longer side of large pictures, to limit the time.
 */
export function usualSmallestFace({ width, height }: Size): number {
  const longest = Math.min(Math.max(width, height), Math.sqrt(maxCounted * width * height));
  return Math.max(48, longest / 48);
}

/** Non-maximum suppression: removes faces covered by one of higher confidence, and sorts the rest by descending confidence (stable). */
export function suppressCovered(faces: readonly DetectedFace[]): DetectedFace[] {
  const selected: DetectedFace[] = [];
  for (const face of faces.toSorted((a, b) => b.score - a.score)) {
    if (!selected.some(({ box }) => showSameFace(box, face.box))) selected.push(face);
  }
  return selected;
}

function level(picture: Size, scale: number, side: number): Level {
  const size = sizeAt(picture, scale);
  const [rows, columns] = grid(size, side ** 2);
  const tiles = rows.flatMap((row) =>
    columns.map((column) => ({ left: column.start, top: row.start, width: column.length, height: row.length })),
  );
  return { scale, size, tiles };
}

const sizeAt = ({ width, height }: Size, scale: number): Size => ({
  width: Math.max(1, Math.round(width * scale)),
  height: Math.max(1, Math.round(height * scale)),
});

/** The rows and columns of the fewest tiles that have at most `area` pixels each. */
function grid({ width, height }: Size, area: number): readonly [rows: readonly Part[], columns: readonly Part[]] {
  for (let tiles = 1; ; tiles++) {
    for (let count = 1; count <= tiles; count++) {
      if (tiles % count !== 0) continue;
      const [rows, columns] = [parts(height, tiles / count), parts(width, count)];
      if (rows[0].length * columns[0].length <= area) return [rows, columns];
    }
  }
}

/** A segment of one side of an image. */
interface Part {
  readonly start: number;
  readonly length: number;
}

/** Divides a side into segments of equal length that overlap by `overlap`, or more at its end. */
function parts(length: number, count: number): Part[] {
  const part = Math.min(length, Math.ceil((length + (count - 1) * overlap) / count));
  const starts = Array.from({ length: count }, (_, i) => Math.min(i * (part - overlap), length - part));
  return starts.map((start) => ({ start, length: part }));
}

/** Maximum intersection over union of boxes of different faces. */
const maxUnion = 0.4;
/** Maximum share of the smaller box inside the larger one; above it, one is a part of the same face detected at another scale. */
const maxInside = 0.8;

function showSameFace(a: FaceBox, b: FaceBox): boolean {
  const shared = overlapLength(a[0], a[2], b[0], b[2]) * overlapLength(a[1], a[3], b[1], b[3]);
  const [areaA, areaB] = [a[2] * a[3], b[2] * b[3]];
  return shared > maxUnion * (areaA + areaB - shared) || shared > maxInside * Math.min(areaA, areaB);
}

const overlapLength = (a: number, lengthA: number, b: number, lengthB: number): number =>
  Math.max(0, Math.min(a + lengthA, b + lengthB) - Math.max(a, b));
