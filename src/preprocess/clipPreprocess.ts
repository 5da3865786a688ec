import type { ClipPreprocess } from "./clipConfig.ts";
import { crop, type RgbImage, type Size } from "./image.ts";
import { resize } from "./resize.ts";

/**
 * Writes the tower's input for one image, [3, S, S] float32 from `offset` on: what transformers'
 * `CLIPImageProcessor` (the Pillow one) gives.
 */
export function preprocess(image: RgbImage, config: ClipPreprocess, out: Float32Array, offset: number): void {
  normalise(resizeAndCrop(image, config), config, out, offset);
}

/** The image at the tower's size before normalising, for showing what the tower sees. */
export function resizeAndCrop(image: RgbImage, config: ClipPreprocess): RgbImage {
  const resized = config.resize === undefined ? image : resize(image, resizedSize(image, config.resize), config.filter);
  return config.crop === undefined ? resized : crop(resized, centred(resized, config.crop));
}

/** Writes an image of S × S as normalised [3, S, S] from `offset` on. */
export function normalise(image: RgbImage, config: ClipPreprocess, out: Float32Array, offset: number): void {
  const { data } = image;
  const { normalised } = config;
  const plane = image.width * image.height;
  for (let i = 0; i < plane; i++) {
    out[offset + i] = normalised[data[3 * i]];
    out[offset + plane + i] = normalised[256 + data[3 * i + 1]];
    out[offset + 2 * plane + i] = normalised[512 + data[3 * i + 2]];
  }
}

function resizedSize({ width, height }: Size, target: number | Size): Size {
  if (typeof target !== "number") return target;
  const short = Math.min(width, height);
  // the longer side is truncated, not rounded, as in CLIPImageProcessor
  const long = Math.trunc((target * Math.max(width, height)) / short);
  return width <= height ? { width: target, height: long } : { width: long, height: target };
}

/** An odd margin is split with its smaller half at left and top, a missing one with its larger half there. */
function centred(image: Size, size: Size) {
  return {
    ...size,
    left: Math.floor((image.width - size.width) / 2),
    top: Math.floor((image.height - size.height) / 2),
  };
}
