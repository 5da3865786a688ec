/** Pictures turned by quarters, for faces that lie on their side or stand on their head. */
import type { RgbImage, Size } from "../pictures/image.ts";
import type { DetectedFace, Point } from "./face.ts";
import { mapped } from "./places.ts";

/** Quarter turns clockwise. */
export type Turn = 0 | 1 | 2 | 3;

/** The image after quarter turns clockwise. */
export function turned(image: RgbImage, turn: Turn): RgbImage {
  if (turn === 0) return image;
  const { width, height, data } = image;
  const size = turn === 2 ? { width, height } : { width: height, height: width };
  // Pixel (x, y) of the result is at start + across · x + down · y of the image.
  const [start, across, down] = {
    1: [width * (height - 1), -width, 1],
    2: [width * height - 1, -1, -width],
    3: [width - 1, width, -1],
  }[turn];
  const out = new Uint8Array(data.length);
  let at = 0;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const from = 3 * (start + across * x + down * y);
      out[at++] = data[from];
      out[at++] = data[from + 1];
      out[at++] = data[from + 2];
    }
  }
  return { ...size, data: out };
}

/** A face of the turned image in pixels of the image before, whose size is given. Its landmarks stay those of the person. */
export function turnedBack(face: DetectedFace, turn: Turn, { width, height }: Size): DetectedFace {
  const back = ([x, y]: Point): Point => {
    if (turn === 1) return [y, height - x];
    if (turn === 2) return [width - x, height - y];
    return turn === 3 ? [width - y, x] : [x, y];
  };
  return mapped(face, back);
}
