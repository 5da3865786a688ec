import { readFile, stat } from "node:fs/promises";
import sharp from "sharp";
import { MpaError, messageOf } from "../errors.ts";
import { decodeBmp, isBmp } from "./bmp.ts";
import type { RgbImage } from "./image.ts";

// Many small images decode side by side, so threads inside one image only cost; none is read twice, so libvips' own
// cache only holds files open. Both settings are of the whole process.
sharp.concurrency(1);
sharp.cache(false);

/** A larger picture is refused from its header, before anything is allocated for it. */
const maxPixels = 40_000_000;
/** Longer pictures are no faces, and resized to a tower's size on their shorter edge they would fill the memory. */
const maxAspect = 200;

/**
 * Decodes a file or its bytes to sRGB: turned upright by EXIF, 16 bits cut to 8, alpha dropped (not blended, as
 * Pillow's `convert("RGB")`), grey in three equal channels, the first frame of an animation. PNG, JPEG, WebP, GIF, TIFF,
 * AVIF and uncompressed BMP.
 *
 * @param where the name that an error gives the image
 * @throws MpaError `IMAGE` for a file that is missing, empty, truncated, corrupt, unknown, above 40 megapixels or beyond 200 : 1
 */
export async function decodeImage(source: string | Uint8Array, where: string): Promise<RgbImage> {
  try {
    const bmp = await bmpBytes(source);
    const image = bmp === undefined ? await decodeWithSharp(source) : decodeBmp(bmp, maxPixels);
    if (Math.max(image.width, image.height) <= maxAspect * Math.min(image.width, image.height)) return image;
    throw new Error(`${image.width}×${image.height} is too long`);
  } catch (cause) {
    const reason = await explain(source, cause);
    throw new MpaError("IMAGE", `the image ${reason}`, where, "replace it or take it out", { cause });
  }
}

async function decodeWithSharp(source: string | Uint8Array): Promise<RgbImage> {
  const { data, info } = await sharp(source, { failOn: "error", limitInputPixels: maxPixels, autoOrient: true })
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`has ${info.channels} channels`);
  return { width: info.width, height: info.height, data };
}

/** The bytes of a BMP, which sharp cannot read; files are told by their name, so that others are not read twice. */
async function bmpBytes(source: string | Uint8Array): Promise<Uint8Array | undefined> {
  if (typeof source !== "string") return isBmp(source) ? source : undefined;
  if (!/\.bmp$/i.test(source)) return undefined;
  const bytes = await readFile(source);
  return isBmp(bytes) ? bytes : undefined;
}

async function explain(source: string | Uint8Array, cause: unknown): Promise<string> {
  const size = typeof source === "string" ? await sizeOf(source) : source.length;
  if (size === undefined) return "is not there or not a file";
  if (size === 0) return "is empty";
  const message = messageOf(cause);
  if (/pixel limit/i.test(message)) return `has more than ${maxPixels / 1e6} megapixels`;
  return `cannot be decoded (${message})`;
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
