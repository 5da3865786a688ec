/** Everything in a browser that is a picture. */
import { MpaError, messageOf } from "../platform/errors.ts";
import { fromPixelData, maxOriginalPixels, type PixelData, type RgbImage, reductionOf, type Size } from "./image.ts";
import { type FileKind, kindOf } from "./kinds.ts";

/** A `Blob` or `File`, its bytes, pixels such as `ImageData`, or anything that can be drawn: a canvas, an image, a video's frame. */
export type BrowserImage =
  | Blob
  | Uint8Array<ArrayBuffer>
  | ArrayBuffer
  | PixelData
  | Exclude<CanvasImageSource, SVGImageElement>;

/**
 * Upright sRGB pixels; what is transparent is black. Above 40 megapixels at a half or a quarter of the width and height, with
 * the `original` size beside them. Throws IMAGE.
 */
export async function decodeBrowserImage(image: BrowserImage): Promise<RgbImage> {
  if (image instanceof Uint8Array || image instanceof ArrayBuffer) return decodeBrowserImage(new Blob([image]));
  if ("data" in image) return fromPixelData(image);
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

/** The picture as it is, or a JPEG where only this browser reads its kind (HEIC in Safari), so that others can read it. */
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

/** Bytes that tell a file's kind. */
const headBytes = 4096;

const kindOfBlob = async (picture: Blob): Promise<FileKind | undefined> =>
  kindOf(new Uint8Array(await picture.slice(0, headBytes).arrayBuffer()));

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

/* Pixels as files, and back. */

/** PNG bytes. */
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

export async function dataUrl(image: RgbImage): Promise<string> {
  const bytes = new Uint8Array(await (await encodePng(image)).arrayBuffer());
  return `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}
