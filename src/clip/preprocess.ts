/** Image preprocessing (Hugging Face `preprocessor_config.json`): from an image to the encoder's input, and back. */

import { z } from "zod";
import type { Box, RgbImage, Size } from "../pictures/image.ts";
import type { ResampleFilter } from "../pictures/resize.ts";
import { MpaError } from "../platform/errors.ts";
import { centreSampling, type Sampling, type SamplingConfig, sample } from "./sampling.ts";

/** Steps from an image to the encoder's input: resize, centre crop, rescale, normalise. Each is optional. */
export interface ClipPreprocess extends SamplingConfig {
  /** S: the encoder takes [3, S, S] */
  readonly imageSize: number;
  readonly filter: ResampleFilter;
  /** [3, 256]: the normalised value of each byte of each channel */
  readonly normalised: Float32Array;
  /** parameters of `normalised`, in units of rescaled pixels; 0 and 1 without normalising */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** 1/255 by default; 1 without rescaling */
  readonly rescaleFactor: number;
}

/** Maximum pixels a side, more than any encoder has. The longest resized image, of 8 : 1 (`maxAspect`), has 100 MB. */
const pixels = z.number().int().positive().max(2048);
const sides = z.object({ height: pixels, width: pixels });
const channels = z.array(z.number()).length(3);

/** Absent fields take the values of OpenAI's CLIP (Hugging Face `CLIPImageProcessor`). */
const schema = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([pixels, z.object({ shortest_edge: pixels }), sides]).optional(),
  resample: z.number().default(3),
  do_center_crop: z.boolean().default(true),
  crop_size: z.union([pixels, sides]).optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: channels.refine((std) => std.every((value) => value > 0)).default([0.26862954, 0.26130258, 0.27577711]),
});

/** Filters in the order of Pillow's numbers, which start at 1. */
const filters: readonly ResampleFilter[] = ["lanczos", "bilinear", "bicubic"];

/**
 * Parses the content of a `preprocessor_config.json` for an encoder of `imageSize`; `undefined`, for an absent file, gives CLIP's
 * defaults at that size. Throws CONFIG for invalid fields, for a filter other than Lanczos, bilinear and bicubic, and if the
 * resulting images are not imageSize × imageSize.
 */
export function parseClipPreprocess(content: unknown, imageSize: number, where: string): ClipPreprocess {
  const parsed = schema.safeParse(content ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MpaError("CONFIG", `${issue.path.join(".") || "the content"}: ${issue.message}`, { where, fix: restore });
  }
  const raw = parsed.data;
  const filter = filters[raw.resample - 1];
  if (filter === undefined) {
    throw new MpaError("CONFIG", `resample ${raw.resample} is not supported`, { where, fix: "use 1, 2 or 3" });
  }
  const resize = raw.do_resize ? toResize(raw.size ?? imageSize) : undefined;
  const crop = raw.do_center_crop ? toSize(raw.crop_size ?? imageSize) : undefined;
  requireSize(crop ?? resize, imageSize, where);
  const mean = raw.do_normalize ? raw.image_mean : [0, 0, 0];
  const std = raw.do_normalize ? raw.image_std : [1, 1, 1];
  const rescaleFactor = raw.do_rescale ? raw.rescale_factor : 1;
  const normalised = normalisedBytes(rescaleFactor, mean, std);
  return { imageSize, resize, crop, filter, normalised, mean, std, rescaleFactor };
}

/** The content of a `preprocessor_config.json`, the inverse of `parseClipPreprocess`. */
export function preprocessorConfig({ resize, crop, filter, mean, std, rescaleFactor }: ClipPreprocess) {
  return {
    image_processor_type: "CLIPImageProcessor",
    do_convert_rgb: true,
    do_resize: resize !== undefined,
    ...(resize !== undefined && { size: typeof resize === "number" ? { shortest_edge: resize } : resize }),
    resample: filters.indexOf(filter) + 1,
    do_center_crop: crop !== undefined,
    ...(crop !== undefined && { crop_size: { height: crop.height, width: crop.width } }),
    do_rescale: rescaleFactor !== 1,
    rescale_factor: rescaleFactor,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
}

/**
 * Writes the encoder's input for one image, [3, S, S], at `offset`. It equals that of transformers' `CLIPImageProcessor` (the one with
 * Pillow).
 */
export function preprocess(image: RgbImage, config: ClipPreprocess, out: Float32Array, offset: number): void {
  writePixels(image, centreSampling(image, config), config, out, offset);
}

/** Writes a sampling of an image as the encoder's input, [3, S, S] float32 from `offset` on. */
export function writePixels(
  image: RgbImage,
  sampling: Sampling,
  config: ClipPreprocess,
  out: Float32Array,
  offset: number,
): void {
  normalise(sample(image, sampling, config.filter), config, out, offset);
  erase(sampling.erased, config.imageSize, out, offset);
}

/** The encoder's input for one image: [3, S, S]. */
export function towerPixels(image: RgbImage, config: ClipPreprocess): Float32Array {
  const pixels = new Float32Array(3 * config.imageSize ** 2);
  preprocess(image, config, pixels, 0);
  return pixels;
}

/** Resizes and crops an image to the encoder's size. */
export const resizeAndCrop = (image: RgbImage, config: ClipPreprocess): RgbImage =>
  sample(image, centreSampling(image, config), config.filter);

/** Writes an S × S image, normalised to [3, S, S], at `offset`. */
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

/** The change of a channel's normalised value from black to full intensity: [3]. */
export const channelGain = ({ std, rescaleFactor }: ClipPreprocess): readonly number[] =>
  std.map((deviation) => (255 * rescaleFactor) / deviation);

/** Converts normalised pixels [3, S, S] to an image, rounded to bytes. */
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

const restore = "restore the backbone's preprocessor_config.json";

function toResize(size: number | { shortest_edge: number } | Size): number | Size {
  if (typeof size === "number") return size;
  return "shortest_edge" in size ? size.shortest_edge : size;
}

function toSize(size: number | Size): Size {
  return typeof size === "number" ? { width: size, height: size } : size;
}

function requireSize(output: number | Size | undefined, imageSize: number, where: string): void {
  if (typeof output === "object" && output.width === imageSize && output.height === imageSize) return;
  const made = typeof output === "object" ? `images of ${output.width}×${output.height}` : "images of their own aspect";
  throw new MpaError("CONFIG", `it makes ${made} where the encoder takes ${imageSize}×${imageSize}`, {
    where,
    fix: restore,
  });
}

/**
 * The table [3, 256] of normalised values, rounded to float32 where `CLIPImageProcessor` does: after rescaling and after each step
 * of normalising.
 */
function normalisedBytes(rescaleFactor: number, mean: readonly number[], std: readonly number[]): Float32Array {
  const f = Math.fround;
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = Math.floor(i / 256);
    return f(f(f((i % 256) * rescaleFactor) - f(mean[channel])) / f(std[channel]));
  });
}

/** Erases a box with zeros, the mean colour after normalisation. */
function erase(box: Box | undefined, side: number, out: Float32Array, offset: number): void {
  if (box === undefined) return;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = box.top; y < box.top + box.height; y++) {
      const start = offset + (channel * side + y) * side + box.left;
      out.fill(0, start, start + box.width);
    }
  }
}
