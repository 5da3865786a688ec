/** Uncompressed video (YUV4MPEG2) for Chromium's fake camera. */
import type { RgbImage } from "../../src/pictures/image.ts";

/** Encodes frames of one even size; the camera loops them. */
export function y4m(frames: readonly RgbImage[], framesPerSecond = 10): Uint8Array {
  const [{ width, height }] = frames;
  const header = new TextEncoder().encode(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`);
  const mark = new TextEncoder().encode("FRAME\n");
  return Buffer.concat([header, ...frames.flatMap((frame) => [mark, planes(frame)])]);
}

/** Planes of a frame: Y, then U and V at half resolution (BT.601, full range). */
function planes({ width, height, data }: RgbImage): Uint8Array {
  const out = new Uint8Array((width * height * 3) / 2);
  const colour = (x: number, y: number) => data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = colour(x, y);
      out[at++] = 0.299 * r + 0.587 * g + 0.114 * b;
    }
  }
  for (const [fr, fg, fb] of [
    [-0.168736, -0.331264, 0.5],
    [0.5, -0.418688, -0.081312],
  ]) {
    for (let y = 0; y < height; y += 2) {
      for (let x = 0; x < width; x += 2) {
        const [r, g, b] = colour(x, y);
        out[at++] = Math.min(255, 128 + fr * r + fg * g + fb * b);
      }
    }
  }
  return out;
}
