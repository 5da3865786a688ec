import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { z } from "zod";
import { decodeImage } from "../src/pictures/decode.node.ts";
import type { RgbImage } from "../src/pictures/image.ts";

const folder = new URL("fixtures/preprocess/", import.meta.url);
const size = { width: z.number(), height: z.number() };
const schema = z.object({
  decode: z.array(z.object({ file: z.string(), ...size, rgb: z.string() })),
  resize: z.array(
    z.object({
      file: z.string(),
      ...size,
      filter: z.enum(["bilinear", "bicubic", "lanczos"]),
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
      rgb: z.string(),
    }),
  ),
  clip: z.array(
    z.object({
      file: z.string(),
      imageSize: z.number(),
      config: z.record(z.string(), z.unknown()),
      kind: z.enum(["uint8", "float32"]),
      values: z.string(),
    }),
  ),
});

/** Output of Pillow and transformers for the fixture images (`tools/fixtures/preprocess.py`). */
export const expected = schema.parse(JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")));

export function fixturePath(file: string): string {
  return fileURLToPath(new URL(file, folder));
}

export function loadFixture(file: string): Promise<RgbImage> {
  return decodeImage(fixturePath(file), file);
}

export function unpack(packed: string): Uint8Array {
  return new Uint8Array(inflateSync(Buffer.from(packed, "base64")));
}

export function unpackFloats(packed: string): Float32Array {
  return new Float32Array(unpack(packed).buffer);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
