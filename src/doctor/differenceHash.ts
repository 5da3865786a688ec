/** A perceptual hash: which way brightness goes between neighbouring places of a picture shrunk to 17 × 16. */
import type { RgbImage } from "../preprocess/image.ts";
import { resize } from "../preprocess/resize.ts";

const columns = 17;
const rows = 16;
/** 256 bits. */
export const hashWords = 8;

/** The bits of a picture (Krawetz 2013, dHash): bit i is set where place i is darker than the one to its right. */
export function differenceHash(image: RgbImage): Uint32Array {
  const { data } = resize(image, { width: columns, height: rows }, "bilinear");
  const bits = new Uint32Array(hashWords);
  const brightness = (i: number) => 299 * data[3 * i] + 587 * data[3 * i + 1] + 114 * data[3 * i + 2];
  let place = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns - 1; x++, place++) {
      const at = y * columns + x;
      if (brightness(at) < brightness(at + 1)) bits[place >> 5] |= 1 << (place & 31);
    }
  }
  return bits;
}

/** How many bits differ. */
export function hashDistance(a: Uint32Array, b: Uint32Array): number {
  let count = 0;
  for (let word = 0; word < hashWords; word++) {
    let x = a[word] ^ b[word];
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
