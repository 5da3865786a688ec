import { MpaError } from "../platform/errors.ts";

/** A decoded image: 8-bit sRGB, [height, width, 3], red first. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** size of the upright picture in its file if it was decoded at a reduced size; absent otherwise */
  readonly original?: Size;
}

/** A decoded grey image: [height, width], 8 bits. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Maximum pixels that are decoded at full size; larger pictures are reduced. */
export const maxPixels = 40_000_000;
/** Maximum pixels of a readable picture. */
export const maxOriginalPixels = 250_000_000;

/** Factor by which a picture of this size is reduced on each side: 1, 2 or 4. */
export function reductionOf({ width, height }: Size): 1 | 2 | 4 {
  const fits = (reduction: number) => Math.ceil(width / reduction) * Math.ceil(height / reduction) <= maxPixels;
  return fits(1) ? 1 : fits(2) ? 2 : 4;
}

/** Pixels of the original picture per decoded pixel, horizontally and vertically. */
export function scaleToOriginal({ width, height, original }: Omit<RgbImage, "data">): readonly [x: number, y: number] {
  return original === undefined ? [1, 1] : [original.width / width, original.height / height];
}

/** Box in whole pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Crops an image to a box, which may exceed the image; pixels outside are black. */
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

/** `crop` for a passing look: whole rows share the memory of the image, and so keep all of it. */
export function viewOf(image: RgbImage, box: Box): RgbImage {
  const { left, top, width, height } = box;
  if (left !== 0 || width !== image.width || top < 0 || top + height > image.height) return crop(image, box);
  return { width, height, data: image.data.subarray(3 * width * top, 3 * width * (top + height)) };
}

/** Converts a grey image to three equal channels. */
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
