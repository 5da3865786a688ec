import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../../pictures/decode.node.ts";
import { Random } from "../../platform/random.ts";
import { drawnFace, render } from "../demo/dataset.ts";
import { differenceHash, findDuplicates, hashDistance, nearDistance } from "./duplicates.ts";

describe("the perceptual hash", () => {
  it("has one bit for each pair of neighbours", () => {
    const data = new Uint8Array(3 * 17 * 16);
    for (let i = 0; i < 17 * 16; i++) data.fill(10 * (i % 17), 3 * i, 3 * i + 3);
    const rising = differenceHash({ width: 17, height: 16, data });
    expect([...rising]).toEqual(Array(8).fill(0xffffffff));
    const falling = differenceHash({ width: 17, height: 16, data: data.toReversed() });
    expect(hashDistance(rising, falling)).toBe(256);
    expect(hashDistance(rising, rising)).toBe(0);
  });

  it("differs by less than the near distance in another size and format", async () => {
    const face = await render(drawnFace(3, "train", 3, "surprise"), 96);
    const image = await decodeImage(face, "a");
    const small = await sharp(face).resize(64, 64).webp({ quality: 90 }).toBuffer();
    expect(hashDistance(differenceHash(image), differenceHash(await decodeImage(small, "b")))).toBeLessThanOrEqual(
      nearDistance,
    );
  });

  it.each([
    ["of random bits", 256],
    ["whose bits are mostly the same everywhere", 40],
  ])("finds the pairs of the comparison of all with all, among hashes %s", (_, varied) => {
    const random = new Random("hashes", varied);
    const flipped = (hash: Uint32Array, bits: number) => {
      const near = Uint32Array.from(hash);
      for (let i = 0; i < bits; i++) {
        const bit = random.integer(256);
        near[bit >> 5] ^= 1 << (bit & 31);
      }
      return near;
    };
    const hashes: Uint32Array[] = [];
    for (let i = 0; i < 600; i++) {
      const bits = Array.from({ length: 256 }, (_, bit) => (bit % 256 < varied ? random.integer(2) : 0));
      const own = Uint32Array.from({ length: 8 }, (_, word) =>
        bits.slice(32 * word, 32 * word + 32).reduce((sum, bit) => ((sum << 1) | bit) >>> 0, 0),
      );
      hashes.push(
        i % 3 === 0 || hashes.length === 0 ? own : flipped(hashes[random.integer(hashes.length)], random.integer(17)),
      );
    }
    const pictures = hashes.map((hash, i) => ({
      split: "train",
      file: `${i}`,
      label: "x",
      sha256: `${i % 599}`,
      hash,
    }));
    const expected = pictures.flatMap((second, i) =>
      pictures.slice(0, i).flatMap((first) => {
        const distance = hashDistance(first.hash, second.hash);
        if (distance > nearDistance) return [];
        const named = ({ split, file, label }: (typeof pictures)[number]) => ({ split, file, label });
        return [{ first: named(first), second: named(second), distance, samePixels: first.sha256 === second.sha256 }];
      }),
    );
    expect(expected.length).toBeGreaterThan(300);
    expect(findDuplicates(pictures)).toEqual(expected);
  });

  it("finds every pair within the near distance, whichever bits differ", () => {
    const base = Uint32Array.from({ length: 8 }, (_, i) => 0x12345678 * (i + 1));
    const near = Uint32Array.from(base, (word, i) => word ^ (i < 6 ? 0x00010001 : 0));
    const far = Uint32Array.from(base, (word, i) => word ^ (i < 7 ? 0x00010001 : 0));
    const print = (file: string, hash: Uint32Array) => ({ split: "train", file, label: "x", sha256: file, hash });
    const found = findDuplicates([print("a", base), print("b", near), print("c", far)]);
    expect(found.map(({ first, second, distance }) => [first.file, second.file, distance])).toEqual([
      ["a", "b", 12],
      ["b", "c", 2],
    ]);
  });
});
