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

/** Every other byte of a word. */
const bytes = 0x00ff00ff;

/**
 * Means of 2 × 2 pixels; the last row or column of an odd side is left out. Two pixels of the result are made of three words of either
 * row, and two bytes of a word are added at once, which takes half the time of one byte after another.
 */
export function halved({ width: rowLength, height: rows, data }: RgbImage): RgbImage {
  const [width, height] = [rowLength >> 1, rows >> 1];
  const out = new Uint8Array(3 * width * height);
  const source = new DataView(data.buffer, data.byteOffset, data.length);
  const target = new DataView(out.buffer);
  for (let y = 0; y < height; y++) {
    let upper = 6 * y * rowLength;
    let lower = upper + 3 * rowLength;
    let at = 3 * y * width;
    for (const end = at + 6 * (width >> 1); at < end; at += 6, upper += 12, lower += 12) {
      const above0 = source.getInt32(upper, true);
      const below0 = source.getInt32(lower, true);
      const above1 = source.getInt32(upper + 4, true);
      const below1 = source.getInt32(lower + 4, true);
      const above2 = source.getInt32(upper + 8, true);
      const below2 = source.getInt32(lower + 8, true);
      // Columns of the sums of both rows: red and blue of pixel 0, green of 0 and red of 1, and so on.
      const r0b0 = (above0 & bytes) + (below0 & bytes);
      const g0r1 = ((above0 >>> 8) & bytes) + ((below0 >>> 8) & bytes);
      const g1r2 = (above1 & bytes) + (below1 & bytes);
      const b1g2 = ((above1 >>> 8) & bytes) + ((below1 >>> 8) & bytes);
      const b2g3 = (above2 & bytes) + (below2 & bytes);
      const r3b3 = ((above2 >>> 8) & bytes) + ((below2 >>> 8) & bytes);
      const red = quarter(r0b0 + (g0r1 >>> 16)) | (quarter((g1r2 >>> 16) + r3b3) << 24);
      const green = quarter(g0r1 + g1r2) << 8;
      const blue = quarter((r0b0 >>> 16) + b1g2) << 16;
      target.setInt32(at, red | green | blue, true);
      target.setInt16(at + 4, quarter((b1g2 >>> 16) + (b2g3 >>> 16)) | (quarter(b2g3 + (r3b3 >>> 16)) << 8), true);
    }
    if (width % 2 === 0) continue;
    for (const end = at + 3; at < end; at++, upper++, lower++) {
      out[at] = (data[upper] + data[upper + 3] + data[lower] + data[lower + 3] + 2) >> 2;
    }
  }
  return { width, height, data: out };
}

/** A quarter of the lower half of a word, a sum of four bytes, rounded. */
const quarter = (sum: number): number => ((sum + 2) >> 2) & 0xff;

/** Weights of neighbours along an axis add up to this. */
const one = 256;
const half = (one * one) / 2;

/** Of each output pixel along one axis: the places of two neighbours and their weights; both count nothing outside the image. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

/** `stride` is the number of bytes from one source pixel to the next. */
function tapsOf(start: number, length: number, count: number, sourceLength: number, stride: number): Taps {
  const [first, second, firstWeight, secondWeight] = Array.from({ length: 4 }, () => new Int32Array(count));
  for (let i = 0; i < count; i++) {
    const place = start + ((i + 0.5) * length) / count - 0.5;
    if (place < -0.5 || place > sourceLength - 0.5) continue;
    const before = Math.floor(place);
    first[i] = stride * Math.max(0, before);
    second[i] = stride * Math.min(sourceLength - 1, before + 1);
    secondWeight[i] = Math.round((place - before) * one);
    firstWeight[i] = one - secondWeight[i];
  }
  return { first, second, firstWeight, secondWeight };
}

/** Bilinear interpolation. */
function interpolated({ width: sourceWidth, height: sourceHeight, data }: RgbImage, region: Box, size: Size): RgbImage {
  const { width, height } = size;
  const across = tapsOf(region.left, region.width, width, sourceWidth, 3);
  const down = tapsOf(region.top, region.height, height, sourceHeight, 3 * sourceWidth);
  const { first, second, firstWeight, secondWeight } = across;
  const out = new Uint8Array(3 * width * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const upper = down.first[y];
    const lower = down.second[y];
    const [upperWeight, lowerWeight] = [down.firstWeight[y], down.secondWeight[y]];
    for (let x = 0; x < width; x++, at += 3) {
      const a = upper + first[x];
      const b = upper + second[x];
      const c = lower + first[x];
      const d = lower + second[x];
      const weightA = Math.imul(upperWeight, firstWeight[x]);
      const weightB = Math.imul(upperWeight, secondWeight[x]);
      const weightC = Math.imul(lowerWeight, firstWeight[x]);
      const weightD = Math.imul(lowerWeight, secondWeight[x]);
      out[at] =
        (Math.imul(data[a], weightA) +
          Math.imul(data[b], weightB) +
          Math.imul(data[c], weightC) +
          Math.imul(data[d], weightD) +
          half) >>
        16;
      out[at + 1] =
        (Math.imul(data[a + 1], weightA) +
          Math.imul(data[b + 1], weightB) +
          Math.imul(data[c + 1], weightC) +
          Math.imul(data[d + 1], weightD) +
          half) >>
        16;
      out[at + 2] =
        (Math.imul(data[a + 2], weightA) +
          Math.imul(data[b + 2], weightB) +
          Math.imul(data[c + 2], weightC) +
          Math.imul(data[d + 2], weightD) +
          half) >>
        16;
    }
  }
  return { width, height, data: out };
}
