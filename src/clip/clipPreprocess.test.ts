import { describe, expect, it } from "vitest";
import { expected, largestDifference, loadFixture, unpack, unpackFloats } from "../../test/preprocessFixtures.ts";
import { parseClipPreprocess, preprocess, resizeAndCrop } from "./preprocess.ts";

describe("preprocess", () => {
  it.each(expected.clip)(
    "$file at $imageSize equals CLIPImageProcessor",
    async ({ file, imageSize, config, ...wanted }) => {
      const values = wanted.kind === "uint8" ? unpack(wanted.values) : unpackFloats(wanted.values);
      const out = new Float32Array(3 * imageSize ** 2);
      preprocess(await loadFixture(file), parseClipPreprocess(config, imageSize, "config"), out, 0);
      expect(largestDifference(out, values)).toBe(0);
    },
  );

  it("writes at the offset and nowhere else", async () => {
    const config = parseClipPreprocess(undefined, 8, "config");
    const image = await loadFixture("grey-48x48.png");
    const out = new Float32Array(3 * 192).fill(99);
    preprocess(image, config, out, 192);
    const alone = new Float32Array(192);
    preprocess(image, config, alone, 0);
    expect(out.slice(192, 384)).toEqual(alone);
    expect(new Set([...out.slice(0, 192), ...out.slice(384)])).toEqual(new Set([99]));
  });

  it("truncates the longer side and crops with the smaller half at the left", () => {
    // 5 × 2 at a shorter edge of 3: 7.5 → 7 wide, then columns 2–4
    const data = Uint8Array.from({ length: 30 }, (_, i) => 50 * Math.floor((i % 15) / 3));
    const config = parseClipPreprocess({ resample: 2 }, 3, "config");
    const { width, height } = resizeAndCrop({ width: 5, height: 2, data }, config);
    expect([width, height]).toEqual([3, 3]);
    const whole = resizeAndCrop({ width: 5, height: 2, data }, { ...config, crop: undefined });
    expect([whole.width, whole.height]).toEqual([7, 3]);
  });
});
