import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expected, largestDifference, loadFixture, unpack, unpackFloats } from "../../test/preprocessFixtures.ts";
import { sameCases } from "../../test/sameCases.ts";
import { MpaError } from "../platform/errors.ts";
import { parseClipPreprocess, preprocess, resizeAndCrop } from "./preprocess.ts";

describe("parseClipPreprocess", () => {
  it("returns CLIP's defaults at the tower's size for an absent file", () => {
    const config = parseClipPreprocess(undefined, 224, "p.json");
    expect(config).toMatchObject({ resize: 224, crop: { width: 224, height: 224 }, filter: "bicubic", imageSize: 224 });
    expect(config.normalised[0]).toBeCloseTo(-0.48145466 / 0.26862954, 6);
    expect(config.normalised[2 * 256 + 255]).toBeCloseTo((1 - 0.40821073) / 0.27577711, 6);
  });

  it.each([
    [48, 48],
    [{ shortest_edge: 48 }, 48],
    [
      { height: 50, width: 49 },
      { height: 50, width: 49 },
    ],
  ])("reads the size %j", (size, resize) => {
    expect(parseClipPreprocess({ size, crop_size: 48 }, 48, "p.json").resize).toEqual(resize);
  });

  it("reads disabled steps", () => {
    const off = { do_resize: false, do_normalize: false, do_rescale: false };
    const config = parseClipPreprocess(off, 32, "p.json");
    expect(config.resize).toBeUndefined();
    expect([...config.normalised.subarray(254, 258)]).toEqual([254, 255, 0, 1]);
  });

  it.each([
    [{ size: "big" }, "size: "],
    [{ image_std: [0.2, 0, 0.2] }, "image_std: "],
    [{ resample: 0 }, "resample 0 is not supported"],
    [{ crop_size: 32 }, "it makes images of 32×32 where the encoder takes 48×48"],
    [{ do_center_crop: false }, "it makes images of their own aspect where the encoder takes 48×48"],
    [[], "the content: "],
  ])("rejects %j", (content, message) => {
    const parse = () => parseClipPreprocess(content, 48, "p.json");
    expect(parse).toThrow(MpaError);
    expect(parse).toThrow(message);
    expect(parse).toThrow("p.json");
  });
});

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

  it("writes at the offset only", async () => {
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

it("resizes the shorter edge of any image to the tower's size and crops a square inside", () => {
  const side = fc.integer({ min: 1, max: 200 });
  const config = parseClipPreprocess({ resample: 2 }, 24, "config");
  fc.assert(
    fc.property(side, side, (width, height) => {
      fc.pre(Math.max(width, height) <= 8 * Math.min(width, height));
      const image = { width, height, data: new Uint8Array(3 * width * height).fill(200) };
      const fitted = resizeAndCrop(image, config);
      expect([fitted.width, fitted.height]).toEqual([24, 24]);
      // No black edge: the crop lies within the resized picture.
      expect(fitted.data.every((value) => value === 200)).toBe(true);
      const whole = resizeAndCrop(image, { ...config, crop: undefined });
      expect(Math.min(whole.width, whole.height)).toBe(24);
      expect(Math.max(whole.width, whole.height)).toBe(
        Math.floor((24 * Math.max(width, height)) / Math.min(width, height)),
      );
    }),
    sameCases,
  );
});

it("crops very long images, in either direction, to their middle", () => {
  const config = parseClipPreprocess(undefined, 16, "p.json");
  const [width, height] = [4000, 20];
  const data = new Uint8Array(3 * width * height);
  // white within ten pixels of the middle
  for (let i = 0; i < width * height; i++) if (Math.abs((i % width) - 1999.5) < 10) data.fill(255, 3 * i, 3 * i + 3);
  expect([...resizeAndCrop({ width, height, data }, config).data].every((value) => value > 240)).toBe(true);
  const upright = { width: height, height: width, data: new Uint8Array(data.length) };
  for (let i = 0; i < width * height; i++) {
    const to = 3 * ((i % width) * height + Math.floor(i / width));
    upright.data.set(data.subarray(3 * i, 3 * i + 3), to);
  }
  expect([...resizeAndCrop(upright, config).data].every((value) => value > 240)).toBe(true);
});
