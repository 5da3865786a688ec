/** How a picture is laid before a network of a fixed input, so that small faces are large enough and large ones fit. */
import type { Box, Size } from "../preprocess/image.ts";

/** The picture at one scale, and the parts of the scaled picture that the network sees one after another. */
export interface Level {
  /** pixels of the scaled picture a pixel of the picture */
  readonly scale: number;
  readonly size: Size;
  /** at most `side` × `side` each, in pixels of the scaled picture */
  readonly tiles: readonly Box[];
}

/** A face of so many pixels is found by the network (models/centerface/README.md). */
const leastSeen = 12;
/** Neighbouring tiles share so many pixels: a face up to that size is whole in one of them. */
export const overlap = 160;
/** Larger than this a picture is not made: nothing is gained. */
const mostEnlarged = 2;

/**
 * First the whole picture within one tile, for large faces; then, where faces of `smallestFace` pixels would be too small
 * there, the picture at the scale that they need, in tiles. Two levels meet for pictures of up to 17,000 pixels a side.
 */
export function levelsOf(picture: Size, side: number, smallestFace: number): Level[] {
  const whole = Math.min(mostEnlarged, side / Math.max(picture.width, picture.height));
  const fine = Math.min(1, leastSeen / smallestFace);
  return fine <= whole ? [level(picture, whole, side)] : [level(picture, whole, side), level(picture, fine, side)];
}

function level(picture: Size, scale: number, side: number): Level {
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const tiles = starts(height, side).flatMap((top) =>
    starts(width, side).map((left) => ({ left, top, width: Math.min(side, width), height: Math.min(side, height) })),
  );
  return { scale, size: { width, height }, tiles };
}

/** Where tiles begin along one edge: evenly apart, the last one ending where the picture ends. */
function starts(length: number, side: number): number[] {
  if (length <= side) return [0];
  const gaps = Math.ceil((length - side) / (side - overlap));
  return Array.from({ length: gaps + 1 }, (_, i) => Math.round((i * (length - side)) / gaps));
}
