import { stat } from "node:fs/promises";
import sharp, { type Metadata, type Sharp } from "sharp";
import { MpaError, messageOf } from "../errors.ts";
import { readBytes } from "../readBytes.ts";
import { decodeBmp } from "./bmp.ts";
import type { RgbImage, Size } from "./image.ts";
import { type PictureKind, pictureKind } from "./pictureKind.ts";

// Many small images decode side by side, so threads inside one image only cost; none is read twice, so libvips' own
// cache only holds files open. Both settings are of the whole process.
sharp.concurrency(1);
sharp.cache(false);

/** A larger file is not read at all. */
const maxBytes = 20_000_000;
/** A larger picture is refused from its header, before anything is allocated for it. */
const maxPixels = 40_000_000;
/** Longer pictures are no faces, and resized to a tower's size on their shorter edge they would fill the memory. */
const maxAspect = 8;
/** Bytes that decoding may take, by `bytesAPixel`. */
const maxMemory = 400_000_000;

/**
 * Decodes a file or its bytes to sRGB: turned upright by EXIF, 16 bits cut to 8, alpha dropped (not blended, as
 * Pillow's `convert("RGB")`), grey in three equal channels, the first frame of an animation. PNG, JPEG, WebP, GIF, TIFF,
 * AVIF and uncompressed BMP.
 *
 * @param where the name that an error gives the image
 * @throws MpaError `IMAGE` for a file that is missing, empty, truncated, corrupt or of another kind, and before any pixel
 *   is decoded above 20 MB, above 40 megapixels (AVIF: 21), beyond 8 : 1, or with more than five channels
 */
export async function decodeImage(source: string | Uint8Array, where: string): Promise<RgbImage> {
  try {
    return await decode(typeof source === "string" ? await readPicture(source) : source);
  } catch (cause) {
    const reason = cause instanceof Refusal ? cause.message : `cannot be decoded (${messageOf(cause)})`;
    throw new MpaError("IMAGE", `the image ${reason}`, where, "replace it or take it out", { cause });
  }
}

/** What is wrong with a picture, in words that follow "the image". */
class Refusal extends Error {}

async function readPicture(path: string): Promise<Uint8Array> {
  // Asked first, for opening a pipe that nobody writes to would wait forever.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new Refusal("is not there or not a file");
  if (found.size > maxBytes) throw new Refusal(tooManyBytes);
  return await readBytes(path, maxBytes);
}

const tooManyBytes = `has more than ${maxBytes / 1e6} MB`;

async function decode(bytes: Uint8Array): Promise<RgbImage> {
  if (bytes.length === 0) throw new Refusal("is empty");
  if (bytes.length > maxBytes) throw new Refusal(tooManyBytes);
  const kind = pictureKind(bytes);
  if (kind === "svg") throw new Refusal("is a drawing (SVG), not a photograph");
  if (kind === undefined) throw new Error("no PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP");
  if (kind === "bmp") return decodeBmp(bytes, checkSize);
  const picture = sharp(bytes, { failOn: "error", limitInputPixels: maxPixels, autoOrient: true });
  checkHeader(kind, await headerOf(picture));
  return await pixelsOf(picture);
}

async function headerOf(picture: Sharp): Promise<Metadata> {
  try {
    return await picture.metadata();
  } catch (cause) {
    throw /pixel limit/i.test(messageOf(cause)) ? new Refusal(tooManyPixels) : cause;
  }
}

const tooManyPixels = `has more than ${maxPixels / 1e6} megapixels`;

function checkHeader(kind: PictureKind, header: Metadata): void {
  checkSize(header);
  const needed = header.width * header.height * bytesAPixel(kind, header);
  if (needed <= maxMemory) return;
  throw new Refusal(`would take ${Math.ceil(needed / 1e6)} MB to decode, ${maxMemory / 1e6} are allowed`);
}

/** What a decoder holds of a pixel at once: three bytes of the answer, and all of the picture where it needs the whole. */
function bytesAPixel(kind: PictureKind, { channels, depth, isProgressive }: Metadata): number {
  if (kind === "avif") return 3 + 16; // measured
  return 3 + (isProgressive ? channels * (depth === "uchar" ? 1 : 2) : 0);
}

function checkSize({ width, height }: Size): void {
  if (width * height > maxPixels) throw new Refusal(tooManyPixels);
  if (Math.max(width, height) > maxAspect * Math.min(width, height)) {
    throw new Refusal(`is ${width}×${height}, longer than ${maxAspect} : 1`);
  }
}

async function pixelsOf(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`has ${info.channels} channels`);
  return { width: info.width, height: info.height, data };
}
