import { describe, expect, it } from "vitest";
import { loadFixture } from "../../test/preprocessFixtures.ts";
import { parseClipPreprocess } from "../clip/preprocess.ts";
import { Random } from "../platform/random.ts";
import { augment, randomCrop, randomErasure } from "./augment.ts";

const side = 16;
const length = 3 * side ** 2;
const config = parseClipPreprocess(undefined, side, "config");
const keys = Array.from({ length: 2000 }, (_, i) => i);

function augmented(image: Parameters<typeof augment>[0], key: number): Float32Array {
  const out = new Float32Array(length);
  augment(image, config, new Random(1, "augment", 0, key), out, 0);
  return out;
}

describe("augment", () => {
  it("is deterministic in image and random numbers", async () => {
    const image = await loadFixture("odd-37x53.png");
    expect(augmented(image, 3)).toEqual(augmented(image, 3));
    expect(augmented(image, 3)).not.toEqual(augmented(image, 4));
  });

  it("flips every second image", () => {
    // red rises to the right, so a flip turns its sign; the top row may be erased, so all rows count
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => Math.floor((i % 96) / 3) * 8);
    const image = { width: 32, height: 32, data };
    const flipped = keys.filter((key) => {
      const out = augmented(image, key);
      let slope = 0;
      for (let i = 0; i < side ** 2; i++) slope += out[i] * ((i % side) - (side - 1) / 2);
      return slope < 0;
    });
    expect(flipped.length / keys.length).toBeCloseTo(0.5, 1);
  });

  it("erases a rectangle of 2–33 % with zeros in every fourth image", () => {
    const data = new Uint8Array(32 * 32 * 3).fill(255);
    const zeros = keys.map((key) => {
      const out = augmented({ width: 32, height: 32, data }, key);
      const erased = [...out.keys()].filter((i) => out[i] === 0);
      const rows = new Set(erased.map((i) => Math.floor(i / side)));
      const columns = new Set(erased.map((i) => i % side));
      expect(rows.size * columns.size).toBe(erased.length);
      expect(rows.size % 3).toBe(0);
      return erased.length / length;
    });
    const erased = zeros.filter((share) => share > 0);
    expect(erased.length / keys.length).toBeCloseTo(0.25, 1);
    // sides are rounded to whole pixels
    expect(Math.max(...erased)).toBeLessThan(0.36);
    expect(Math.min(...erased)).toBeGreaterThan(0.01);
  });
});

describe("randomCrop", () => {
  it("stays in the image with an area of 80–100 % and an aspect of 3/4–4/3", () => {
    const image = { width: 100, height: 120 };
    for (const key of keys) {
      const { left, top, width, height } = randomCrop(image, new Random(key));
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(100);
      expect(top + height).toBeLessThanOrEqual(120);
      const share = (width * height) / 12_000;
      expect(share).toBeGreaterThan(0.79);
      expect(share).toBeLessThanOrEqual(1);
      expect(width / height).toBeGreaterThan(0.73);
      expect(width / height).toBeLessThan(1.36);
    }
  });

  it("takes the largest centred box where none fits", () => {
    expect(randomCrop({ width: 300, height: 30 }, new Random(0))).toEqual({ left: 130, top: 0, width: 40, height: 30 });
    expect(randomCrop({ width: 30, height: 300 }, new Random(0))).toEqual({ left: 0, top: 130, width: 30, height: 40 });
  });
});

describe("randomErasure", () => {
  it("is smaller than the image, with height over width in 0.3–3.3, or nothing", () => {
    for (const key of keys) {
      const box = randomErasure({ width: 224, height: 224 }, new Random(key));
      if (box === undefined) throw new Error("every box of this area and aspect fits");
      expect(box.left + box.width).toBeLessThanOrEqual(224);
      expect(box.top + box.height).toBeLessThanOrEqual(224);
      expect(box.height / box.width).toBeGreaterThan(0.28);
      expect(box.height / box.width).toBeLessThan(3.5);
    }
    expect(randomErasure({ width: 1000, height: 1 }, new Random(0))).toBeUndefined();
  });
});
