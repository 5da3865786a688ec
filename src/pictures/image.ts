import { MpaError } from "../platform/errors.ts";

/** A decoded image: 8-bit sRGB, [height, width, 3], red first. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** size of the upright picture in its file, where that is too large and was decoded smaller; absent otherwise */
  readonly original?: Size;
}

/** A decoded grey picture: [height, width], 8 bits. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The pictures that are decoded whole; larger ones are decoded smaller. */
export const maxPixels = 40_000_000;
/** The largest picture that is read. */
export const maxOriginalPixels = 250_000_000;

/** By how much a picture of this size is decoded smaller, a side: 1, 2 or 4. */
export function reductionOf({ width, height }: Size): 1 | 2 | 4 {
  const fits = (reduction: number) => Math.ceil(width / reduction) * Math.ceil(height / reduction) <= maxPixels;
  return fits(1) ? 1 : fits(2) ? 2 : 4;
}

/** Pixels of the picture in its file for one pixel of the decoded one. */
export function scaleToOriginal({ width, height, original }: Omit<RgbImage, "data">): readonly [x: number, y: number] {
  return original === undefined ? [1, 1] : [original.width / width, original.height / height];
}

/** A box of whole pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** The pixels of `image` in `box`, which may reach beyond the image: what lies outside is black. */
export function crop(image: RgbImage, box: Box): RgbImage {
  const { left, top, width, height } = box;
  if (left === 0 && top === 0 && width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  const firstColumn = Math.max(0, left);
  const lastColumn = Math.min(image.width, left + width);
  if (firstColumn >= lastColumn) return { width, height, data };
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    const row = (top + y) * image.width;
    const source = image.data.subarray((row + firstColumn) * 3, (row + lastColumn) * 3);
    data.set(source, (y * width + firstColumn - left) * 3);
  }
  return { width, height, data };
}

/** A grey picture, [height, width], in three equal channels. */
export function inColour({ width, height, data }: GreyImage): RgbImage {
  const out = new Uint8Array(3 * data.length);
  for (let i = 0; i < data.length; i++) out.fill(data[i], 3 * i, 3 * i + 3);
  return { width, height, data: out };
}

/** Raw 8-bit pixels, such as `ImageData`: [height, width, 4] RGBA or [height, width, 3] RGB. */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Converts pixels to an image. Alpha is dropped, not blended, as for files. Throws IMAGE if the sizes do not match. */
export function fromPixelData({ width, height, data }: PixelData): RgbImage {
  const plane = width * height;
  const isWhole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!isWhole || (data.length !== 4 * plane && data.length !== 3 * plane)) {
    const what = `${data.length} bytes are no picture of ${width}×${height}`;
    throw new MpaError("IMAGE", what, { fix: "give three or four bytes a pixel" });
  }
  const channels = data.length / plane;
  if (channels === 3) return { width, height, data: Uint8Array.from(data) };
  const rgb = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    rgb[3 * i] = data[4 * i];
    rgb[3 * i + 1] = data[4 * i + 1];
    rgb[3 * i + 2] = data[4 * i + 2];
  }
  return { width, height, data: rgb };
}
