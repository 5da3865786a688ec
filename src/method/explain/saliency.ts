/** Saliency maps from pixel gradients, SmoothGrad noise, and Gaussian blur. */
import { type ClipPreprocess, channelGain } from "../../clip/preprocess.ts";
import { Random } from "../../platform/random.ts";

/** One value per pixel or patch, row-major. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly data: Float32Array;
}

/**
 * The maximum absolute derivative over the three channels of each pixel (Simonyan et al. 2014), in logits per full range of
 * the pixel (0 to 1). `gradient` [3,S,S] is with respect to normalised pixels.
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

/** Options of SmoothGrad noise. */
export interface NoiseOptions {
  /** standard deviation relative to the image's value range, maximum minus minimum */
  readonly noise: number;
  readonly seed: number;
}

/**
 * The pixels [3,S,S] with added noise from N(0, σ²) (Smilkov et al. 2017). The noise depends only on seed and `index`, so
 * it is the same for every image and every model.
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

/** Gaussian blur of each channel of pixels [channels,S,S]; `sigma` is in pixels, and edge values are repeated outside the image. */
export function blur(pixels: Float32Array, size: number, sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  const kernel = weights.map((weight) => weight / sum);
  return alongAxis(alongAxis(pixels, size, kernel, 1), size, kernel, size);
}

/** Value range of the image, maximum minus minimum, on a scale of 0 to 1. */
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

/** Convolves rows (stride 1) or columns (stride `size`) with the kernel. */
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
