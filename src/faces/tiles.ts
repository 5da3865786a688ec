/** How a picture is laid before a network of a fixed input, so that small faces are large enough and large ones fit. */
import type { Box, Size } from "../pictures/image.ts";
import type { DetectedFace, FaceBox } from "./face.ts";

/** The picture at one scale, and the parts of the scaled picture that the network sees one after another. */
export interface Level {
  /** pixels of the scaled picture a pixel of the picture */
  readonly scale: number;
  readonly size: Size;
  /** at most `side` × `side` each, in pixels of the scaled picture */
  readonly tiles: readonly Box[];
}

/** A face of so many pixels is found by the network (docs/records/detector.json). */
const minSeen = 28;
/** Neighbouring tiles share so many pixels: a face up to that size is whole in one of them. */
export const overlap = 4 * minSeen;
/** Larger than this a picture is not made: nothing is gained. */
const maxEnlarged = 2;

/**
 * First the whole picture within one tile, for large faces; then, where faces of `smallestFace` pixels would be too small
 * there, the picture larger and larger in tiles, up to the scale that they need. A face that is too large for the overlap at
 * one scale is large enough to be seen at the scale before.
 */
export function levelsOf(picture: Size, side: number, smallestFace: number): Level[] {
  const fine = Math.min(maxEnlarged, minSeen / smallestFace);
  const whole = Math.min(fine, side / Math.max(picture.width, picture.height));
  const scales = [whole];
  for (let scale = whole; scale < fine; scales.push(scale)) scale = Math.min(fine, scale * (overlap / minSeen));
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

/** The longest picture whose longer side counts whole; of a panorama as many pixels count as such a picture has. */
const maxCounted = 2;

/**
 * Pixels of the smallest face that is looked for where nobody says: 24, or more where the picture is so large that
 * looking for them would take long.
 */
export function usualSmallestFace({ width, height }: Size): number {
  const longest = Math.min(Math.max(width, height), Math.sqrt(maxCounted * width * height));
  return Math.max(24, longest / 72);
}

function level(picture: Size, scale: number, side: number): Level {
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const [rows, columns] = [parts(height, side), parts(width, side)];
  const tiles = rows.flatMap((row) =>
    columns.map((column) => ({ left: column.start, top: row.start, width: column.length, height: row.length })),
  );
  return { scale, size: { width, height }, tiles };
}

/** An edge in as few parts as may be, all of one length, with the overlap between neighbours. */
function parts(length: number, side: number): { start: number; length: number }[] {
  const count = Math.max(1, Math.ceil((length - overlap) / (side - overlap)));
  const part = Math.min(length, Math.ceil((length + (count - 1) * overlap) / count));
  const starts = Array.from({ length: count }, (_, i) => Math.min(i * (part - overlap), length - part));
  return starts.map((start) => ({ start, length: part }));
}

/* One face a person: of detections that cover each other the surest stays. */

/** Two boxes whose intersection is more than this share of their union show one face. */
const maxUnion = 0.4;
/** So do two where one lies inside the other but for the rest: a part of a face, seen at another scale. */
const maxInside = 0.8;

/** The faces that no surer one covers, the surest first; equals keep their order. */
export function suppressCovered(faces: readonly DetectedFace[]): DetectedFace[] {
  const kept: DetectedFace[] = [];
  for (const face of faces.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some(({ box }) => showSameFace(box, face.box))) kept.push(face);
  }
  return kept;
}

function showSameFace(a: FaceBox, b: FaceBox): boolean {
  const shared = overlapLength(a[0], a[2], b[0], b[2]) * overlapLength(a[1], a[3], b[1], b[3]);
  const [areaA, areaB] = [a[2] * a[3], b[2] * b[3]];
  return shared > maxUnion * (areaA + areaB - shared) || shared > maxInside * Math.min(areaA, areaB);
}

const overlapLength = (a: number, lengthA: number, b: number, lengthB: number): number =>
  Math.max(0, Math.min(a + lengthA, b + lengthB) - Math.max(a, b));
