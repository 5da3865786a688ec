import { describe, expect, it } from "vitest";
import { MpaError } from "../platform/errors.ts";
import { parseClipPreprocess, resizeAndCrop } from "./preprocess.ts";

describe("parseClipPreprocess", () => {
  it("gives CLIP's defaults at the tower's size where the file is absent", () => {
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

  it("turns steps off", () => {
    const off = { do_resize: false, do_normalize: false, do_rescale: false };
    const config = parseClipPreprocess(off, 32, "p.json");
    expect(config.resize).toBeUndefined();
    expect([...config.normalised.subarray(254, 258)]).toEqual([254, 255, 0, 1]);
  });

  it.each([
    [{ size: "big" }, "size: "],
    [{ image_std: [0.2, 0, 0.2] }, "image_std: "],
    [{ resample: 0 }, "resample 0 is not supported"],
    [{ crop_size: 32 }, "it makes images of 32×32 where the tower takes 48×48"],
    [{ do_center_crop: false }, "it makes images of their own aspect where the tower takes 48×48"],
    [[], "the content: "],
  ])("refuses %j", (content, message) => {
    const parse = () => parseClipPreprocess(content, 48, "p.json");
    expect(parse).toThrow(MpaError);
    expect(parse).toThrow(message);
    expect(parse).toThrow("p.json");
  });
});

it("sees the middle of a picture that is very long, whichever way it lies", () => {
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
