/** Pixels as files, and back. */
import type { RgbImage } from "../../preprocess/image.ts";

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
