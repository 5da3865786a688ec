/** A patch of a picture that is found again in later pictures, by normalised cross-correlation. */
import type { RgbImage } from "../pictures/image.ts";
import type { FaceBox } from "./face.ts";

/** A face as it looked when it was found, in a reduced grey picture. */
export interface Patch {
  /** pixels of the picture for one of the reduced picture, a side */
  readonly factor: number;
  readonly width: number;
  readonly height: number;
  /** [height, width], centred and of length 1 */
  readonly data: Float32Array;
  /** where it was found, in the reduced picture */
  readonly left: number;
  readonly top: number;
}

/** Where a patch is now. */
export interface FoundPatch {
  /** pixels of the picture from where the patch was taken */
  readonly shift: readonly [x: number, y: number];
  /** correlation, up to 1 */
  readonly score: number;
}

/** Reduced grey pictures of one frame by their factor; faces of similar size share one. */
export class GreyLevels {
  readonly #picture: RgbImage;
  readonly #levels = new Map<number, GreyLevel>();

  constructor(picture: RgbImage) {
    this.#picture = picture;
  }

  /** The picture reduced by `factor`; each pixel is the mean of factor × factor. */
  at(factor: number): GreyLevel {
    const level = this.#levels.get(factor) ?? reduced(this.#picture, factor);
    this.#levels.set(factor, level);
    return level;
  }
}

interface GreyLevel {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Side of a patch in pixels of the reduced picture: enough to place a face to a fiftieth of its width. */
const patchSide = 24;
/** Largest shift between two pictures, in sides of the face. */
const reach = 0.5;

/** Takes the patch in the box. Undefined where the box is outside the picture or has no contrast. */
export function takePatch(levels: GreyLevels, [x, y, width, height]: FaceBox): Patch | undefined {
  const factor = Math.max(1, Math.floor(Math.min(width, height) / patchSide));
  const level = levels.at(factor);
  const [left, top] = [Math.max(0, Math.round(x / factor)), Math.max(0, Math.round(y / factor))];
  const right = Math.min(level.width, Math.round((x + width) / factor));
  const bottom = Math.min(level.height, Math.round((y + height) / factor));
  if (right - left < 4 || bottom - top < 4) return undefined;
  const size = { width: right - left, height: bottom - top };
  const data = new Float32Array(size.width * size.height);
  for (let row = 0; row < size.height; row++) {
    const at = (top + row) * level.width + left;
    data.set(level.data.subarray(at, at + size.width), row * size.width);
  }
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const centred = data.map((value) => value - mean);
  const length = Math.hypot(...centred);
  // Less than a grey level of contrast is noise.
  if (length < Math.sqrt(data.length)) return undefined;
  return { ...size, factor, left, top, data: centred.map((value) => value / length) };
}

/** Finds the patch near where it was last seen, `from` pixels from where it was taken. */
export function findPatch(levels: GreyLevels, patch: Patch, from: readonly [x: number, y: number]): FoundPatch {
  const { factor } = patch;
  const level = levels.at(factor);
  const [startX, startY] = [Math.round(patch.left + from[0] / factor), Math.round(patch.top + from[1] / factor)];
  const radius = Math.ceil(reach * Math.min(patch.width, patch.height));
  const at = (x: number, y: number) => correlation(level, patch, x, y);
  let best = { x: startX, y: startY, score: Number.NEGATIVE_INFINITY };
  for (let y = startY - radius; y <= startY + radius; y++) {
    for (let x = startX - radius; x <= startX + radius; x++) {
      const score = at(x, y);
      if (score > best.score) best = { x, y, score };
    }
  }
  const { x, y, score } = best;
  const fine = [
    x - patch.left + peak(at(x - 1, y), score, at(x + 1, y)),
    y - patch.top + peak(at(x, y - 1), score, at(x, y + 1)),
  ] as const;
  return { shift: [fine[0] * factor, fine[1] * factor], score };
}

/** Correlation of the patch with what is at (x, y); −1 where that reaches out of the picture or has no contrast. */
function correlation(level: GreyLevel, { width, height, data }: Patch, x: number, y: number): number {
  if (x < 0 || y < 0 || x + width > level.width || y + height > level.height) return -1;
  let [dot, sum, squares] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    const [from, own] = [(y + row) * level.width + x, row * width];
    for (let column = 0; column < width; column++) {
      const value = level.data[from + column];
      dot += value * data[own + column];
      sum += value;
      squares += value * value;
    }
  }
  const spread = squares - sum ** 2 / data.length;
  return spread > data.length ? dot / Math.sqrt(spread) : -1;
}

/** Place of the maximum of the parabola through three equally spaced values, from −0.5 to 0.5 around the middle one. */
function peak(before: number, middle: number, after: number): number {
  const bend = before - 2 * middle + after;
  if (before < 0 || after < 0 || bend >= 0) return 0;
  return Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)));
}

function reduced({ width, height, data }: RgbImage, factor: number): GreyLevel {
  const size = { width: Math.floor(width / factor), height: Math.floor(height / factor) };
  const sums = new Float32Array(size.width * size.height);
  for (let y = 0; y < size.height * factor; y++) {
    let to = Math.floor(y / factor) * size.width;
    let at = 3 * y * width;
    for (let column = 0; column < size.width; column++, to++) {
      let sum = 0;
      for (let i = 0; i < factor; i++, at += 3) sum += data[at] + 2 * data[at + 1] + data[at + 2];
      sums[to] += sum;
    }
  }
  const share = 1 / (4 * factor ** 2);
  for (let i = 0; i < sums.length; i++) sums[i] *= share;
  return { ...size, data: sums };
}
