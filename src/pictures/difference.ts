/** Differences between the frames of a video. */
import type { PixelData } from "./image.ts";

/** Pixels a side of a block; compression noise averages out in it, and the mouth of a small face fills one. */
const block = 16;
/** Change of a block's mean, of 255, that counts: twice what compression alone changes. */
const threshold = 2;

/** Mean of each 16 × 16 block over the three channels, [rows, columns]; blocks at the edges may be smaller. */
export function blockMeans({ width, height, data }: PixelData): Float32Array {
  const channels = data.length / (width * height);
  const columns = Math.ceil(width / block);
  const means = new Float32Array(columns * Math.ceil(height / block));
  for (let y = 0; y < height; y++) {
    const row = columns * Math.floor(y / block);
    for (let x = 0; x < width; x++) {
      const at = channels * (y * width + x);
      means[row + Math.floor(x / block)] += data[at] + data[at + 1] + data[at + 2];
    }
  }
  return means.map((sum, i) => {
    const cellWidth = Math.min(block, width - block * (i % columns));
    const cellHeight = Math.min(block, height - block * Math.floor(i / columns));
    return sum / (3 * cellWidth * cellHeight);
  });
}

/** Whether no block of two frames of one size differs visibly. */
export const isUnchanged = (before: Float32Array, now: Float32Array): boolean =>
  before.length === now.length && before.every((mean, i) => Math.abs(mean - now[i]) <= threshold);
