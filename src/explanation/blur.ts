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
