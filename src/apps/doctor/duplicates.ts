/** Duplicate detection: pictures with the same pixels or a similar perceptual hash. */
import type { RgbImage } from "../../pictures/image.ts";
import { resize } from "../../pictures/resize.ts";

/** Size of the shrunken picture whose horizontal gradients make the hash. */

const columns = 17;
const rows = 16;
/** 32-bit words of a hash of 256 bits. */
export const hashWords = 8;

/** Difference hash of a picture (Krawetz 2013, dHash): bit i is set if pixel i is darker than its right neighbour. */
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

/** Hamming distance of two hashes, in bits. */
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
  /** SHA-256 of the decoded pixels */
  readonly sha256: string;
  /** difference hash, 256 bits */
  readonly hash: Uint32Array;
}

export interface Duplicate {
  readonly first: Pick<Fingerprint, "split" | "file" | "label">;
  readonly second: Pick<Fingerprint, "split" | "file" | "label">;
  /** Hamming distance of the hashes; 0 for the same pixels */
  readonly distance: number;
  readonly samePixels: boolean;
}

/** Maximum distance of near duplicates, of 256 bits. Below 16, so that two such hashes agree in at least one of 16 parts. */
export const nearDistance = 12;

/** Finds all pairs within `nearDistance`, ordered by picture. */
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

/** Splits a hash into 16 parts of 16 bits, each combined with its position. */
function partsOf(hash: Uint32Array): number[] {
  return Array.from({ length: 2 * hashWords }, (_, part) => {
    const bits = (hash[part >> 1] >>> (16 * (part & 1))) & 0xffff;
    return part * 0x10000 + bits;
  });
}
