import type { RgbImage, Size } from "./image.ts";

export type ResampleFilter = "bilinear" | "bicubic" | "lanczos";

/**
 * Resamples `image` to `size`, equal to the bit to Pillow 13's `Image.resize` of an RGB image: separable, widened filters
 * when shrinking, weights in fixed point, and each pass rounded to 8 bits.
 */
export function resize(image: RgbImage, size: Size, filter: ResampleFilter): RgbImage {
  return columnsFirst(image, size)
    ? toWidth(toHeight(image, size.height, filter), size.width, filter)
    : toHeight(toWidth(image, size.width, filter), size.height, filter);
}

/**
 * Whether `resize` changes the height first. Rounding between the passes makes their order show. Since version 13 Pillow starts with
 * the columns where more than twice as many rows as columns go (a picture more than twice as high as wide); before, rows always came
 * first.
 */
export function columnsFirst(image: Size, size: Size): boolean {
  const rowsGone = image.height - size.height;
  return rowsGone > 0 && rowsGone > 2 * (image.width - size.width);
}

function toWidth(image: RgbImage, width: number, filter: ResampleFilter): RgbImage {
  return width === image.width ? image : resizeRows(image, weightsOf(image.width, width, filter));
}

function toHeight(image: RgbImage, height: number, filter: ResampleFilter): RgbImage {
  return height === image.height ? image : resizeColumns(image, weightsOf(image.height, height, filter));
}

interface Kernel {
  /** half of the filter's width at scale 1, in pixels */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const kernels: Readonly<Record<ResampleFilter, Kernel>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution with a = −0.5. */
function cubic(position: number): number {
  const a = -0.5;
  const x = Math.abs(position);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** 32-bit sums hold an 8-bit pixel, 22 bits of weight and 2 bits for overshoot. */
const fractionBits = 22;
const half = 1 << (fractionBits - 1);

/** Output i is the sum of `values[i·stride + j]` times input `first[i] + j`, for j < `count[i]`. */
interface Weights {
  readonly length: number;
  readonly stride: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly values: Int32Array;
}

function weightsOf(from: number, to: number, filter: ResampleFilter): Weights {
  const { support, weight } = kernels[filter];
  const scale = from / to;
  // shrinking widens the filter, so that every input pixel counts
  const filterScale = Math.max(1, scale);
  const reach = support * filterScale;
  const stride = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const values = new Int32Array(to * stride);
  const inverse = 1 / filterScale;
  const exact = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    first[i] = Math.max(0, Math.trunc(centre - reach + 0.5));
    count[i] = Math.min(from, Math.trunc(centre + reach + 0.5)) - first[i];
    let sum = 0;
    for (let j = 0; j < count[i]; j++) {
      exact[j] = weight((j + first[i] - centre + 0.5) * inverse);
      sum += exact[j];
    }
    for (let j = 0; j < count[i]; j++) values[i * stride + j] = toFixed(sum === 0 ? exact[j] : exact[j] / sum);
  }
  return { length: to, stride, first, count, values };
}

/** Rounds half away from zero, as the reference does. */
function toFixed(value: number): number {
  return Math.trunc(value * (1 << fractionBits) + (value < 0 ? -0.5 : 0.5));
}

function resizeRows({ width, height, data }: RgbImage, weights: Weights): RgbImage {
  const { length, stride, first, count, values } = weights;
  const out = new Uint8Array(length * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < length; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let pixel = (y * width + first[x]) * 3;
      for (let j = x * stride; j < x * stride + count[x]; j++, pixel += 3) {
        red = (red + Math.imul(data[pixel], values[j])) | 0;
        green = (green + Math.imul(data[pixel + 1], values[j])) | 0;
        blue = (blue + Math.imul(data[pixel + 2], values[j])) | 0;
      }
      out[at++] = toByte(red);
      out[at++] = toByte(green);
      out[at++] = toByte(blue);
    }
  }
  return { width: length, height, data: out };
}

function resizeColumns({ width, data }: RgbImage, weights: Weights): RgbImage {
  const { length, stride, first, count, values } = weights;
  const row = width * 3;
  const out = new Uint8Array(row * length);
  const sums = new Int32Array(row);
  for (let y = 0; y < length; y++) {
    sums.fill(half);
    for (let j = 0; j < count[y]; j++) {
      const value = values[y * stride + j];
      const start = (first[y] + j) * row;
      for (let x = 0; x < row; x++) sums[x] += Math.imul(data[start + x], value);
    }
    for (let x = 0; x < row; x++) out[y * row + x] = toByte(sums[x]);
  }
  return { width, height: length, data: out };
}

function toByte(sum: number): number {
  const value = sum >> fractionBits;
  return Math.max(0, Math.min(255, value));
}
