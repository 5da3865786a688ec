/** Decoding of pictures in a browser. */
import { MpaError, messageOf } from "../platform/errors.ts";
import { dataUriBytes, isDataUri, isPixelData, notAPicture, refuseAddress } from "./given.ts";
import { fromPixelData, maxOriginalPixels, type PixelData, type RgbImage, reductionOf, type Size } from "./image.ts";
import { type FileKind, kindOf } from "./kinds.ts";

/** A `Blob` or `File`, bytes, a `data:` URI, pixels such as `ImageData`, or a drawable source: canvas, image or video. */
export type BrowserImage =
  | Blob
  | ArrayBufferView<ArrayBuffer>
  | ArrayBuffer
  | string
  | PixelData
  | Exclude<CanvasImageSource, SVGImageElement>;

const takes = "a Blob or File, a file's bytes, a data: URI, pixels, a canvas, an image or a video";

/**
 * Decodes a picture to upright sRGB pixels; transparent pixels are black. Above 40 megapixels the width and height are reduced to a
 * half or a quarter, with the `original` size. Throws IMAGE, and USAGE for a value that is not a picture, such as a URL.
 */
export async function decodeBrowserImage(image: BrowserImage): Promise<RgbImage> {
  if (typeof image === "string") return decodeBrowserImage(bytesOf(image));
  if (ArrayBuffer.isView(image) || image instanceof ArrayBuffer) return decodeBrowserImage(new Blob([image]));
  if (isPixelData(image)) return fromPixelData(image);
  // JavaScript callers can pass any value.
  if (typeof image !== "object" || image === null || Array.isArray(image)) throw notAPicture(image, takes);
  if (image instanceof URL) return decodeBrowserImage(image.href);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(image, { imageOrientation: "from-image" });
  } catch (cause) {
    const where = image instanceof File ? image.name : "the given picture";
    const kind = image instanceof Blob ? await kindOfBlob(image) : undefined;
    const what = `this browser cannot read ${kind?.name ?? "it"} (${messageOf(cause)})`;
    throw new MpaError("IMAGE", what, { where, fix: kind?.convert ?? "use a JPEG or PNG", cause });
  }
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

/** The file unchanged, or re-encoded as JPEG if only this browser reads its format (HEIC in Safari). */
export async function asCommonPicture(picture: Blob): Promise<Blob> {
  if ((await kindOfBlob(picture))?.convert === undefined) return picture;
  const bitmap = await createImageBitmap(picture, { imageOrientation: "from-image" }).catch(() => undefined);
  if (bitmap === undefined) return picture;
  try {
    return await drawn(bitmap, bitmap).canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
  } finally {
    bitmap.close();
  }
}

/** Bytes that identify a file's kind. */
const headBytes = 4096;

/** Kind of a picture by its first bytes. */
export const kindOfBlob = async (picture: Blob): Promise<FileKind | undefined> =>
  kindOf(new Uint8Array(await picture.slice(0, headBytes).arrayBuffer()));

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (isDataUri(text)) return dataUriBytes(text);
  refuseAddress(text);
  throw notAPicture(text, takes);
}

function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  if (width * height > maxOriginalPixels) {
    const what = `${width}×${height} pixels are more than ${maxOriginalPixels / 1e6} million`;
    throw new MpaError("IMAGE", what, { fix: "make it smaller" });
  }
  const reduction = reductionOf(bitmap);
  const size = { width: Math.ceil(width / reduction), height: Math.ceil(height / reduction) };
  const pixels = fromPixelData(drawn(bitmap, size).getImageData(0, 0, size.width, size.height));
  return reduction === 1 ? pixels : { ...pixels, original: { width, height } };
}

function drawn(bitmap: ImageBitmap, { width, height }: Size): OffscreenCanvasRenderingContext2D {
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (canvas === null) throw new MpaError("RUNTIME", "this browser has no 2D canvas to decode pictures with");
  canvas.imageSmoothingQuality = "high";
  canvas.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}

/** Encodes an image as PNG. */
export async function encodePng({ width, height, data }: RgbImage): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const rgba = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    rgba.data.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
    rgba.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(rgba, 0, 0);
  return canvas.convertToBlob();
}

/** Encodes an image as a PNG `data:` URL. */
export async function dataUrl(image: RgbImage): Promise<string> {
  const bytes = new Uint8Array(await (await encodePng(image)).arrayBuffer());
  return `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}
