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

/** Maximum distance of near duplicates, of 256 bits. */
export const nearDistance = 12;

/**
 * Finds all pairs within `nearDistance`, ordered by picture. The bits are divided into one part more than may differ, so two near
 * hashes agree in at least one part (the pigeonhole principle, as in multi-index hashing, Norouzi et al. 2012), and only pictures
 * that share a part are compared.
 */
export function findDuplicates(pictures: readonly Fingerprint[]): Duplicate[] {
  const hashes = pictures.map(({ hash }) => hash);
  const keys = evenParts(hashes).map((bits) => keysOf(hashes, bits));
  const pairs: { readonly first: number; readonly second: number; readonly distance: number }[] = [];
  for (const [part, own] of keys.entries()) {
    const sharesEarlier = (i: number, j: number) => keys.slice(0, part).some((earlier) => earlier[i] === earlier[j]);
    for (const [first, second] of pairsOfEqual(own)) {
      const distance = hashDistance(hashes[first], hashes[second]);
      if (distance <= nearDistance && !sharesEarlier(first, second)) pairs.push({ first, second, distance });
    }
  }
  pairs.sort((a, b) => a.second - b.second || a.first - b.first);
  return pairs.map(({ first, second, distance }) => {
    const samePixels = pictures[first].sha256 === pictures[second].sha256;
    return { first: named(pictures[first]), second: named(pictures[second]), distance, samePixels };
  });
}

const named = ({ split, file, label }: Fingerprint) => ({ split, file, label });

/**
 * Divides the bit positions into `nearDistance + 1` parts. Positions are dealt out in the order of how evenly their bits are set, so
 * that no part consists of bits that most pictures share, such as those of a black border.
 */
function evenParts(hashes: readonly Uint32Array[]): number[][] {
  const set = Array.from({ length: 32 * hashWords }, (_, bit) =>
    hashes.reduce((sum, hash) => sum + ((hash[bit >> 5] >>> (bit & 31)) & 1), 0),
  );
  const unevenness = (bit: number) => Math.abs(2 * set[bit] - hashes.length);
  const order = set.map((_, bit) => bit).sort((a, b) => unevenness(a) - unevenness(b));
  const parts = nearDistance + 1;
  return Array.from({ length: parts }, (_, part) => order.filter((_, place) => place % parts === part));
}

/** Bits of each hash at these positions, at most 32, as one number. */
function keysOf(hashes: readonly Uint32Array[], bits: readonly number[]): Uint32Array {
  return Uint32Array.from(hashes, (hash) =>
    bits.reduce((key, bit) => (key << 1) | ((hash[bit >> 5] >>> (bit & 31)) & 1), 0),
  );
}

/** Pairs of indices of equal keys, the smaller index first. */
function* pairsOfEqual(keys: Uint32Array): Generator<readonly [number, number]> {
  const latest = new Map<number, number>();
  const before = new Int32Array(keys.length);
  for (const [i, key] of keys.entries()) {
    before[i] = latest.get(key) ?? -1;
    for (let j = before[i]; j >= 0; j = before[j]) yield [j, i];
    latest.set(key, i);
  }
}
