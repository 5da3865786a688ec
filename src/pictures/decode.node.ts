import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import sharp, { type Metadata, type Sharp } from "sharp";
import { MpaError, messageOf } from "../platform/errors.ts";
import { isErrno, readBytes } from "../platform/files.node.ts";
import { systemFailure } from "../platform/systemError.ts";
import { decodeBmp } from "./bmp.ts";
import { dataUriBytes, isDataUri, isPixelData, maxBytes, notAPicture, refuseAddress } from "./given.ts";
import {
  fromPixelData,
  maxOriginalPixels,
  maxPixels,
  type PixelData,
  type RgbImage,
  reductionOf,
  type Size,
} from "./image.ts";
import { type FileKind, kindByName, kindOf, type PictureFormat } from "./kinds.ts";
import { avifFault } from "./structure/avif.ts";
import { gifFault, isLosslessWebp, webpFault, withoutPackedText } from "./structure/chunks.ts";
import { jpegFault } from "./structure/jpeg.ts";
import { tiffFault } from "./structure/tiff.ts";

// Many small images decode side by side, so threads inside one image only cost; none is read twice, so libvips' own
// cache only holds files open. Both settings are of the whole process.
sharp.concurrency(1);
sharp.cache(false);

/** Longer pictures are no photographs. */
const maxAspect = 32;
/** Bytes that decoding may take, by `bytesNeeded`. */
const maxMemory = 400_000_000;

/**
 * Decodes a file or its bytes to sRGB: turned upright by EXIF, 16 bits cut to 8, alpha dropped (not blended, as
 * Pillow's `convert("RGB")`), grey in three equal channels, the first frame of an animation. PNG, JPEG, WebP, GIF, TIFF,
 * AVIF and uncompressed BMP. Above 40 megapixels it is decoded at a half or a quarter of its width and height, and its
 * `original` size is given with the pixels.
 *
 * @param where the name that an error gives the image
 * @throws MpaError `IMAGE` for a file that is missing, empty, truncated, corrupt or of another kind, and before any pixel
 *   is decoded above 50 MB, above 250 megapixels (AVIF: 21), beyond 32 : 1, with more than five channels, or with so many
 *   scans, pages, frames or tiles that a decoder would take long
 */
export async function decodeImage(source: string | Uint8Array, where: string): Promise<RgbImage> {
  try {
    const bytes = typeof source === "string" ? await readPicture(source) : source;
    return await decode(bytes, typeof source === "string" ? kindByName(source) : undefined);
  } catch (cause) {
    throw imageError(cause, where);
  }
}

const reasonOf = (cause: unknown): string =>
  `the image ${cause instanceof Refusal ? cause.message : `cannot be decoded (${messageOf(cause)})`}`;

/** Why bytes are refused without being decoded, as an error says it; undefined for a kind of picture that is read. */
export function refusalOf(bytes: Uint8Array): string | undefined {
  try {
    requireFormat(bytes);
    return undefined;
  } catch (error) {
    const fix = error instanceof Refusal && error.fix !== undefined ? `, ${error.fix}` : "";
    return `${reasonOf(error)}${fix}`;
  }
}

function imageError(cause: unknown, where: string): MpaError {
  // Not the picture's fault.
  if (isErrno(cause, "EMFILE") || isErrno(cause, "ENFILE")) return systemFailure(cause, "read", where);
  const fix = (cause instanceof Refusal ? cause.fix : undefined) ?? "replace it or take it out";
  return new MpaError("IMAGE", reasonOf(cause), { where, fix, cause });
}

/** What is wrong with a picture, in words that follow "the image". */
class Refusal extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.fix = fix;
  }
}

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

async function decode(bytes: Uint8Array, named: FileKind | undefined): Promise<RgbImage> {
  if (bytes.length > maxBytes) throw new Refusal(tooManyBytes);
  const format = requireFormat(bytes);
  // Some cameras' raw files are distinguished from a TIFF by their names alone; as a TIFF they would give a small preview.
  if (format === "tiff" && named?.convert !== undefined) throw foreignKind(named);
  if (format === "bmp") return decodeBmp(bytes, (size) => checkSize(size, maxPixels));
  const fault = faults[format]?.(bytes);
  if (fault !== undefined) throw new Refusal(fault);
  const given = format === "png" ? withoutPackedText(bytes) : bytes;
  const picture = sharp(given, { failOn: "error", limitInputPixels: maxOriginalPixels, autoOrient: true });
  const header = await headerOf(picture);
  checkHeader(format, header, bytes);
  return await pixelsOf(picture, header.autoOrient);
}

function requireFormat(bytes: Uint8Array): PictureFormat {
  if (bytes.length === 0) throw new Refusal("is empty");
  const kind = kindOf(bytes);
  if (kind?.format !== undefined) return kind.format;
  if (kind === undefined) throw new Error("no PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP");
  if (kind.isVideo) throw new Refusal(`is no picture but a video (${kind.name})`);
  if (kind.name === "SVG") throw new Refusal("is a drawing (SVG), not a photograph");
  throw foreignKind(kind);
}

const foreignKind = ({ name, convert }: FileKind): Refusal =>
  new Refusal(`is of the kind ${name}, which is not read here`, convert);

/** What would take a decoder long, seen in the file's structure before the decoder is called. */
const faults: Partial<Record<PictureFormat, (bytes: Uint8Array) => string | undefined>> = {
  jpeg: jpegFault,
  webp: webpFault,
  gif: gifFault,
  tiff: tiffFault,
  avif: avifFault,
};

async function headerOf(picture: Sharp): Promise<Metadata> {
  try {
    return await picture.metadata();
  } catch (cause) {
    throw /pixel limit/i.test(messageOf(cause)) ? new Refusal(tooManyPixels(maxOriginalPixels)) : cause;
  }
}

const tooManyPixels = (max: number) => `has more than ${max / 1e6} megapixels`;

function checkHeader(format: PictureFormat, header: Metadata, bytes: Uint8Array): void {
  checkSize(header, maxOriginalPixels);
  const needed = bytesNeeded(format, header, bytes);
  if (needed <= maxMemory) return;
  throw new Refusal(`would take ${Math.ceil(needed / 1e6)} MB to decode, ${maxMemory / 1e6} are allowed`);
}

/** What decoding holds at once: three bytes a pixel of the answer, and all of the picture where the decoder needs the whole. */
function bytesNeeded(format: PictureFormat, header: Metadata, bytes: Uint8Array): number {
  const pixels = header.width * header.height;
  const reduction = reductionOf(header);
  const whole = wholeBytes(format, header) + (reduction === 1 ? 0 : streamedBytes(format, header, bytes));
  return pixels * ((reduction === 1 ? 3 : resizedBytes / reduction ** 2) + whole);
}

/** Of a pixel of a picture that was resized while it was decoded. */
const resizedBytes = 6;

/** Of a pixel where the decoder holds the whole picture: coefficients of a progressive JPEG, lines of an interlaced PNG. */
function wholeBytes(format: PictureFormat, header: Metadata): number {
  const { channels, depth, isProgressive, chromaSubsampling } = header;
  if (format === "avif") return 16; // measured
  if (!isProgressive) return 0;
  if (format === "jpeg") return chromaSubsampling === "4:2:0" ? 3 : 2 * channels;
  return channels * (depth === "uchar" ? 1 : 2);
}

/** Of a pixel where the answer is smaller: two GIF frames with alpha, a WebP without loss or with alpha, a TIFF's one strip. */
function streamedBytes(format: PictureFormat, { channels, depth, hasAlpha }: Metadata, bytes: Uint8Array): number {
  if (format === "gif") return 6;
  if (format === "tiff") return channels * (depth === "uchar" ? 1 : 2);
  if (format !== "webp") return 0;
  return isLosslessWebp(bytes) ? 4 : hasAlpha ? 1 : 0;
}

function checkSize({ width, height }: Size, max: number): void {
  if (width * height > max) throw new Refusal(tooManyPixels(max));
  if (Math.max(width, height) > maxAspect * Math.min(width, height)) {
    throw new Refusal(`is ${width}×${height}, longer than ${maxAspect} : 1`);
  }
}

async function pixelsOf(picture: Sharp, original: Size): Promise<RgbImage> {
  const reduction = reductionOf(original);
  const [width, height] = [original.width, original.height].map((length) => Math.ceil(length / reduction));
  const { data, info } = await (reduction === 1 ? picture : picture.resize(width, height, { fit: "fill" }))
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`has ${info.channels} channels`);
  const { width: across, height: down } = original;
  return {
    ...{ width: info.width, height: info.height, data },
    ...(reduction > 1 && { original: { width: across, height: down } }),
  };
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
