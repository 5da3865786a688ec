/** Parts of an image at other sizes, sampled from halvings that are computed once an image. */
import { type Box, crop, type RgbImage, type Size } from "./image.ts";

/**
 * An image and its successive halvings, each computed when it is first needed. A part is interpolated in the halving that has one to
 * two times as many pixels a side, so what it costs depends on its size alone. This is for detectors and alignment; an image encoder's
 * input is resized as transformers does (`resize.ts`). All sums are integers: every runtime computes the same bytes.
 */
export class Pyramid {
  readonly #levels: RgbImage[];

  constructor(image: RgbImage) {
    this.#levels = [image];
  }

  get image(): RgbImage {
    return this.#levels[0];
  }

  /** The whole image at `size`. */
  whole(size: Size): RgbImage {
    const { width, height } = this.image;
    return this.part({ left: 0, top: 0, width, height }, size);
  }

  /** The pixels of `region` at `size`. The region need not lie on whole pixels; what is outside the image is black. */
  part(region: Box, size: Size): RgbImage {
    const { left, top, width, height } = region;
    const level = this.#levelFor(Math.min(width / size.width, height / size.height));
    const scale = 2 ** level;
    const scaled = { left: left / scale, top: top / scale, width: width / scale, height: height / scale };
    const source = this.#level(level);
    return isWholePixels(scaled, size) ? crop(source, scaled) : interpolated(source, scaled, size);
  }

  /** Number of halvings after which at least one pixel is left for each of a part that is smaller by `ratio`. */
  #levelFor(ratio: number): number {
    const { width, height } = this.image;
    return Math.max(0, Math.floor(Math.log2(Math.min(ratio, width, height))));
  }

  #level(level: number): RgbImage {
    for (let i = this.#levels.length; i <= level; i++) this.#levels.push(halved(this.#levels[i - 1]));
    return this.#levels[level];
  }
}

/** Whether a region has one pixel for each of `size`, so that interpolation would only copy them. */
const isWholePixels = ({ left, top, width, height }: Box, size: Size): boolean =>
  width === size.width && height === size.height && Number.isInteger(left) && Number.isInteger(top);

/** Means of 2 × 2 pixels; the last row or column of an odd side is left out. */
export function halved({ width: rowLength, height: rows, data }: RgbImage): RgbImage {
  const [width, height] = [rowLength >> 1, rows >> 1];
  const out = new Uint8Array(3 * width * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    let upper = 6 * y * rowLength;
    let lower = upper + 3 * rowLength;
    for (let x = 0; x < width; x++, upper += 6, lower += 6) {
      out[at++] = (data[upper] + data[upper + 3] + data[lower] + data[lower + 3] + 2) >> 2;
      out[at++] = (data[upper + 1] + data[upper + 4] + data[lower + 1] + data[lower + 4] + 2) >> 2;
      out[at++] = (data[upper + 2] + data[upper + 5] + data[lower + 2] + data[lower + 5] + 2) >> 2;
    }
  }
  return { width, height, data: out };
}

/** Weights of neighbours along an axis add up to this. */
const one = 256;
const half = (one * one) / 2;

/** Of each output pixel along one axis: two neighbours and the weight of the second; both count nothing outside the image. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

function tapsOf(start: number, length: number, count: number, sourceLength: number): Taps {
  const [first, second, firstWeight, secondWeight] = Array.from({ length: 4 }, () => new Int32Array(count));
  for (let i = 0; i < count; i++) {
    const place = start + ((i + 0.5) * length) / count - 0.5;
    if (place < -0.5 || place > sourceLength - 0.5) continue;
    const before = Math.floor(place);
    first[i] = Math.max(0, before);
    second[i] = Math.min(sourceLength - 1, before + 1);
    secondWeight[i] = Math.round((place - before) * one);
    firstWeight[i] = one - secondWeight[i];
  }
  return { first, second, firstWeight, secondWeight };
}

/** Bilinear interpolation. */
function interpolated({ width: sourceWidth, height: sourceHeight, data }: RgbImage, region: Box, size: Size): RgbImage {
  const { width, height } = size;
  const across = tapsOf(region.left, region.width, width, sourceWidth);
  const down = tapsOf(region.top, region.height, height, sourceHeight);
  const { first, second, firstWeight, secondWeight } = across;
  const out = new Uint8Array(3 * width * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const upper = sourceWidth * down.first[y];
    const lower = sourceWidth * down.second[y];
    for (let x = 0; x < width; x++) {
      const a = 3 * (upper + first[x]);
      const b = 3 * (upper + second[x]);
      const c = 3 * (lower + first[x]);
      const d = 3 * (lower + second[x]);
      const weightA = down.firstWeight[y] * firstWeight[x];
      const weightB = down.firstWeight[y] * secondWeight[x];
      const weightC = down.secondWeight[y] * firstWeight[x];
      const weightD = down.secondWeight[y] * secondWeight[x];
      out[at++] = (data[a] * weightA + data[b] * weightB + data[c] * weightC + data[d] * weightD + half) >> 16;
      out[at++] =
        (data[a + 1] * weightA + data[b + 1] * weightB + data[c + 1] * weightC + data[d + 1] * weightD + half) >> 16;
      out[at++] =
        (data[a + 2] * weightA + data[b + 2] * weightB + data[c + 2] * weightC + data[d + 2] * weightD + half) >> 16;
    }
  }
  return { width, height, data: out };
}
