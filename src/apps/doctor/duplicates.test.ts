import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../../pictures/decode.node.ts";
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
