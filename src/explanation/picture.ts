/** Between the tower's input and the picture that it shows. */
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";
import type { RgbImage } from "../preprocess/image.ts";

/** How much a channel's normalised value changes while the picture goes from 0, black, to 1, full: [3]. */
export const channelGain = ({ std, rescaleFactor }: ClipPreprocess): readonly number[] =>
  std.map((deviation) => (255 * rescaleFactor) / deviation);

/** The picture behind normalised pixels [3,S,S], to the nearest byte. */
export function denormalise(pixels: Float32Array, config: ClipPreprocess): RgbImage {
  const { imageSize, mean, std, rescaleFactor } = config;
  const plane = imageSize ** 2;
  const data = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) {
      const value = (pixels[c * plane + i] * std[c] + mean[c]) / rescaleFactor;
      data[3 * i + c] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return { width: imageSize, height: imageSize, data };
}
