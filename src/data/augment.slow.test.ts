/** Augmentation in a graph against the processor's, for every size of picture up to 300. */
import { describe, expect, it } from "vitest";
import { pictureInput, pixelsOfPictures } from "../clip/pictureGraph.ts";
import { rowLength, writePicture } from "../clip/pictureRows.ts";
import { denormalise, parseClipPreprocess, writePixels } from "../clip/preprocess.ts";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import type { RgbImage } from "../pictures/image.ts";
import { Random } from "../platform/random.ts";
import { augmentation } from "./augment.ts";

const batch = 10;
/** 1 to 300; of these every `step`-th. */
const sizesOf = (step: number) => Array.from({ length: 300 / step }, (_, i) => 1 + i * step);

/** Even numbers: any bytes; odd ones: black and white, which overshoots. */
function noise(width: number, height: number): RgbImage {
  const random = new Random("noise", width, height);
  const byte = width % 2 === 0 ? () => random.integer(256) : () => random.integer(2) * 255;
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, byte) };
}

describe.each([
  { filter: "bilinear", resample: 2, side: 48, step: 1 },
  { filter: "bicubic", resample: 3, side: 48, step: 1 },
  { filter: "bicubic", resample: 3, side: 224, step: 5 },
])("$filter to $side pixels", ({ resample, side, step }) => {
  it("gives the same images to two bytes, at the same seeds", async () => {
    const config = parseClipPreprocess({ resample }, side, "config");
    const session = await openSession(toOnnx({ pixels: pixelsOfPictures(pictureInput(side, batch), config) }));
    const values = 3 * side ** 2;
    const length = rowLength(side);
    const sizes = sizesOf(step);
    const seen = { flipped: 0, erased: 0, unequal: 0 };
    for (let start = 0; start < sizes.length; start += batch) {
      // each size once as the width
      const cases = sizes.slice(start, start + batch).map((width) => {
        const image = noise(width, sizes[(width * 7) % sizes.length]);
        return { image, sampling: augmentation(image, side, new Random(1, "augment", 0, width)) };
      });
      const rows = new Float32Array(batch * length);
      for (const [i, { image, sampling }] of cases.entries()) writePicture(image, sampling, config, rows, i * length);
      const { pixels } = await session.run({ pictures: rows });
      for (const [i, { image, sampling }] of cases.entries()) {
        const expected = new Float32Array(values);
        writePixels(image, sampling, config, expected, 0);
        const bytes = denormalise(Float32Array.from(pixels.slice(i * values, (i + 1) * values), Number), config).data;
        const difference = denormalise(expected, config).data.map((byte, at) => Math.abs(byte - bytes[at]));
        expect(difference.reduce((most, d) => Math.max(most, d), 0)).toBeLessThanOrEqual(2);
        seen.flipped += sampling.isFlipped ? 1 : 0;
        seen.erased += sampling.erased ? 1 : 0;
        seen.unequal += difference.reduce((count, d) => count + (d > 0 ? 1 : 0), 0);
      }
    }
    await session.dispose();
    expect(Math.min(seen.flipped, seen.erased)).toBeGreaterThan(sizes.length / 10);
    // Halves round to either side, and noise in black and white has many.
    expect(seen.unequal / (sizes.length * values)).toBeLessThan(0.02);
  });
});
