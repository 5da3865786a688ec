/** Pixels as a canvas gives them. */
import { MpaError } from "../errors.ts";
import type { RgbImage } from "./image.ts";

/** What `ImageData` and decoders give: rows of red, green, blue and, mostly, alpha. */
export interface PixelData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Alpha is dropped, not blended, as files are read. Throws IMAGE where the sizes do not fit. */
export function fromPixelData({ width, height, data }: PixelData): RgbImage {
  const plane = width * height;
  const isWhole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!isWhole || (data.length !== 4 * plane && data.length !== 3 * plane)) {
    const what = `${data.length} bytes are no picture of ${width}×${height}`;
    throw new MpaError("IMAGE", what, undefined, "give three or four bytes a pixel");
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
