/** Gradients with respect to pixels as one value a pixel, and SmoothGrad's noise. */
import { type ClipPreprocess, channelGain } from "../../clip/preprocess.ts";
import { Random } from "../../platform/random.ts";

/** One value a pixel or patch, row after row. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly data: Float32Array;
}

/**
 * The largest absolute derivative of a pixel's three channels (Simonyan et al. 2014), in logits for a change of the
 * picture from black to full: `gradient` [3,S,S] is of normalised pixels.
 */
export function saliencyMap(gradient: Float32Array, preprocess: ClipPreprocess): HeatMap {
  const { imageSize } = preprocess;
  const plane = imageSize ** 2;
  const gain = channelGain(preprocess);
  const data = Float32Array.from({ length: plane }, (_, i) =>
    Math.max(...gain.map((g, c) => g * Math.abs(gradient[c * plane + i]))),
  );
  return { height: imageSize, width: imageSize, data };
}

export interface NoiseOptions {
  /** standard deviation as a share of the picture's range, its largest value less its smallest */
  readonly noise: number;
  readonly seed: number;
}

/**
 * Copy `index` of the pixels [3,S,S] with noise from N(0, σ²) on them (Smilkov et al. 2017). The noise is a function of seed and
 * index alone, so every picture and every model meets the same.
 */
export function noisyCopy(
  pixels: Float32Array,
  preprocess: ClipPreprocess,
  { noise, seed }: NoiseOptions,
  index: number,
): Float32Array {
  const plane = preprocess.imageSize ** 2;
  const gain = channelGain(preprocess);
  const sigma = noise * pictureRange(pixels, preprocess);
  const random = new Random("smoothgrad", seed, index);
  return pixels.map((value, i) => value + sigma * gain[Math.floor(i / plane)] * random.normal());
}

/** Largest less smallest value of the picture, from 0 to 1. */
function pictureRange(pixels: Float32Array, preprocess: ClipPreprocess): number {
  const plane = preprocess.imageSize ** 2;
  const gain = channelGain(preprocess);
  const { mean, std } = preprocess;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < pixels.length; i++) {
    const c = Math.floor(i / plane);
    const value = (pixels[i] + mean[c] / std[c]) / gain[c];
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low;
}

/** Gaussian blur of planar pictures. */

/** Each of the channels of pixels [channels,S,S] blurred with deviation `sigma` in pixels; the edge's values go on outside. */
export function blur(pixels: Float32Array, size: number, sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  const kernel = weights.map((weight) => weight / sum);
  return alongAxis(alongAxis(pixels, size, kernel, 1), size, kernel, size);
}

/** Convolves rows (stride 1) or columns (stride `size`). */
function alongAxis(pixels: Float32Array, size: number, kernel: readonly number[], stride: number): Float32Array {
  const radius = (kernel.length - 1) / 2;
  return pixels.map((_, i) => {
    const at = Math.floor(i / stride) % size;
    let value = 0;
    for (let k = 0; k < kernel.length; k++) {
      const to = Math.min(size - 1, Math.max(0, at + k - radius));
      value += kernel[k] * pixels[i + (to - at) * stride];
    }
    return value;
  });
}
