/** Decoder of uncompressed Windows bitmaps, which libvips lacks. */
import type { RgbImage, Size } from "./image.ts";

const fileHeader = 14;
const uncompressed = 0;

/**
 * Decodes an uncompressed Windows bitmap of 8 (with palette), 24 or 32 bits a pixel. A fourth channel is dropped.
 * Throws an Error if the file is truncated or in another format, and as `checkSize` does, before allocating anything.
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
    // Rows are stored bottom-up unless the height is negative.
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
