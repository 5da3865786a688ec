/** Pictures that are in a data set more than once, by their pixels or nearly so. */
import type { RgbImage } from "../../pictures/image.ts";
import { resize } from "../../pictures/resize.ts";

/* A perceptual hash: which way brightness goes between neighbouring places of a picture shrunk to 17 × 16. */

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

export interface Fingerprint {
  readonly split: string;
  readonly file: string;
  readonly label: string;
  /** of the decoded pixels */
  readonly sha256: string;
  /** 256 bits */
  readonly hash: Uint32Array;
}

export interface Duplicate {
  readonly first: Pick<Fingerprint, "split" | "file" | "label">;
  readonly second: Pick<Fingerprint, "split" | "file" | "label">;
  /** bits of the perceptual hash that differ; 0 for the same pixels */
  readonly distance: number;
  readonly samePixels: boolean;
}

/** Of 256 bits; below 16, so that two such hashes agree in one of 16 parts at least and are found by it. */
export const nearDistance = 12;

/** Every pair of the same pixels, and of hashes no further apart than `nearDistance`, in the order of the pictures. */
export function findDuplicates(pictures: readonly Fingerprint[]): Duplicate[] {
  const found: Duplicate[] = [];
  const buckets = new Map<number, number[]>();
  for (const [i, picture] of pictures.entries()) {
    const candidates = new Set<number>();
    for (const key of partsOf(picture.hash)) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [i]);
      else {
        for (const j of bucket) candidates.add(j);
        bucket.push(i);
      }
    }
    for (const j of [...candidates].sort((a, b) => a - b)) {
      const distance = hashDistance(pictures[j].hash, picture.hash);
      if (distance > nearDistance) continue;
      const samePixels = pictures[j].sha256 === picture.sha256;
      found.push({ first: named(pictures[j]), second: named(picture), distance, samePixels });
    }
  }
  return found;
}

const named = ({ split, file, label }: Fingerprint) => ({ split, file, label });

/** The hash's 16 parts of 16 bits, each with its place. */
function partsOf(hash: Uint32Array): number[] {
  return Array.from({ length: 2 * hashWords }, (_, part) => {
    const bits = (hash[part >> 1] >>> (16 * (part & 1))) & 0xffff;
    return part * 0x10000 + bits;
  });
}
