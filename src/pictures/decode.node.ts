import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import sharp, { type Metadata, type Sharp } from "sharp";
import { MpaError, messageOf } from "../platform/errors.ts";
import { isErrno, readBytes } from "../platform/files.node.ts";
import { systemFailure } from "../platform/systemError.ts";
import { dataUriBytes, isDataUri, isPixelData, maxBytes, notAPicture, refuseAddress } from "./given.ts";
import { fromPixelData, type PixelData, type RgbImage, type Size } from "./image.ts";

const fileHeader = 14;
const uncompressed = 0;

/**
 * Decodes an uncompressed Windows bitmap of 8 (with palette), 24 or 32 bits a pixel. A fourth channel is dropped.
 * Throws an Error for others and for a truncated one, and what `checkSize` throws, before anything is allocated.
 */
export function decodeBmp(bytes: Uint8Array, checkSize: (size: Size) => void): RgbImage {
  if (bytes.length < fileHeader + 40) throw new Error("the bitmap header is truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelStart = view.getUint32(10, true);
  const headerSize = view.getUint32(fileHeader, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  if (headerSize < 40 || compression !== uncompressed || ![8, 24, 32].includes(bits)) {
    throw new Error(`a bitmap of ${bits} bits and compression ${compression} is not supported`);
  }
  if (width <= 0 || height === 0) throw new Error("the bitmap has no pixels");
  checkSize({ width, height });
  const step = bits / 8;
  const stride = Math.ceil((width * step) / 4) * 4;
  if (pixelStart + stride * height > bytes.length) throw new Error("the bitmap is truncated");
  const palette = fileHeader + headerSize;
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    // rows run from the bottom up unless the height is negative
    const row = pixelStart + stride * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const from = bits === 8 ? palette + bytes[row + x] * 4 : row + x * step;
      data[to++] = bytes[from + 2];
      data[to++] = bytes[from + 1];
      data[to++] = bytes[from];
    }
  }
  return { width, height, data };
}

/** What kind of picture bytes are, by how the format says a file begins; names and endings are not asked. */

export type PictureKind = "png" | "jpeg" | "webp" | "gif" | "tiff" | "avif" | "bmp" | "svg";

/** Undefined for what is no picture, or one of a kind that is not known here. */
export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  for (const [kind, start] of beginnings) if (text(0, start.length) === start) return kind;
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "webp";
  if (text(4, 8) === "ftyp") return isAvif(text(8, Math.min(bytes[3], maxBrands))) ? "avif" : undefined;
  return /<svg[\s>]/i.test(text(0, svgWithin)) ? "svg" : undefined;
}

/** Bytes in which the root of a drawing has to come, behind declarations and comments. */
const svgWithin = 4096;
/** Bytes of the box in which a file of the ISO family names what it is. */
const maxBrands = 128;

/** Bytes as characters of Latin-1. */
const beginnings: readonly (readonly [PictureKind, string])[] = [
  ["png", "\x89PNG\r\n\x1a\n"],
  ["jpeg", "\xff\xd8\xff"],
  ["gif", "GIF87a"],
  ["gif", "GIF89a"],
  ["tiff", "II*\0"],
  ["tiff", "MM\0*"],
  ["tiff", "II+\0"],
  ["tiff", "MM\0+"],
  ["bmp", "BM"],
];

/** Of the brands, four letters each. */
const isAvif = (brands: string): boolean => (brands.match(/.{4}/gs) ?? []).some((brand) => /^avi[fs]$/.test(brand));

// Many small images decode side by side, so threads inside one image only cost; none is read twice, so libvips' own
// cache only holds files open. Both settings are of the whole process.
sharp.concurrency(1);
sharp.cache(false);

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
    throw imageError(cause, where);
  }
}

function imageError(cause: unknown, where: string): MpaError {
  // Not the picture's fault.
  if (isErrno(cause, "EMFILE") || isErrno(cause, "ENFILE")) return systemFailure(cause, "read", where);
  const reason = cause instanceof Refusal ? cause.message : `cannot be decoded (${messageOf(cause)})`;
  return new MpaError("IMAGE", `the image ${reason}`, { where, fix: "replace it or take it out", cause });
}

/** What is wrong with a picture, in words that follow "the image". */
class Refusal extends Error {}

async function readPicture(path: string): Promise<Uint8Array> {
  // Asked first, for opening a pipe that nobody writes to would wait forever.
  const found = await stat(path).catch((cause) => {
    throw isErrno(cause, "ENOENT") || isErrno(cause, "ENOTDIR") ? new Refusal("is not there") : cause;
  });
  if (found.isDirectory()) throw new Refusal("is a folder");
  if (!found.isFile()) throw new Refusal("is not a file");
  if (found.size > maxBytes) throw new Refusal(tooManyBytes);
  return await readBytes(path, { max: maxBytes });
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

/* Everything in Node that is a picture. */

/** A path, a `file:` URL or a `data:` URI, the bytes of a file, a `Blob` or `File`, or pixels such as `ImageData`. */
export type NodeImage = string | URL | ArrayBufferView | ArrayBufferLike | Blob | PixelData;

const takes = "a path, a file: URL, a data: URI, a file's bytes, a Blob, or pixels with width, height and data";

/** No path is longer on any system; longer text is the content of a file. */
const maxPath = 4096;

/** Upright sRGB pixels. Throws IMAGE, and USAGE for what is no picture, such as an address of the network. */
export async function decodeNodeImage(image: NodeImage): Promise<RgbImage> {
  if (typeof image === "string") return decodeNamed(image);
  if (image instanceof URL) return decodeNamed(image.href);
  if (ArrayBuffer.isView(image)) return decodeBytes(new Uint8Array(image.buffer, image.byteOffset, image.byteLength));
  if (types.isAnyArrayBuffer(image)) return decodeBytes(new Uint8Array(image));
  if (image instanceof Blob) return decodeBlob(image);
  if (isPixelData(image)) return fromPixelData(image);
  throw notAPicture(image, takes);
}

const decodeBytes = (bytes: Uint8Array) => decodeImage(bytes, "the given bytes");

async function decodeBlob(blob: Blob): Promise<RgbImage> {
  // Refused by its size, before it is in memory.
  if (blob.size > maxBytes) throw imageError(new Refusal(tooManyBytes), "the given blob");
  const bytes = await blob.arrayBuffer().catch((cause) => {
    throw imageError(cause, "the given blob");
  });
  return decodeImage(new Uint8Array(bytes), "the given blob");
}

async function decodeNamed(text: string): Promise<RgbImage> {
  if (text === "") throw notAPicture(text, takes);
  if (isDataUri(text)) return decodeImage(dataUriBytes(text), "the data: URI");
  refuseAddress(text);
  if (text.length > maxPath) {
    const fix = 'give bytes; Buffer.from(text, "base64") makes them of base64';
    throw new MpaError("USAGE", `text of ${text.length} characters is no path`, { fix });
  }
  const path = text.startsWith("file:") ? pathOf(text) : text;
  return decodeImage(path, path);
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new MpaError("USAGE", `this file: URL names no file (${messageOf(cause)})`, { fix: "give a path", cause });
  }
}
