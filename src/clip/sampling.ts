/** Which part of a picture becomes which of the encoder's pixels: a resize, a window of the result, a flip and an erased part. */

import { type Box, crop, type RgbImage, type Size } from "../pictures/image.ts";
import { type ResampleFilter, resize } from "../pictures/resize.ts";

/** How the encoder's pixels are sampled from a picture. */
export interface Sampling {
  /** the part of the picture that is resized */
  readonly region: Box;
  /** the size to which it is resized */
  readonly size: Size;
  /** the part of the resized picture that the encoder sees, which may reach beyond it: what lies outside is black */
  readonly window: Box;
  /** whether left and right are exchanged at the end */
  readonly isFlipped?: boolean;
  /** the part of the encoder's pixels that is 0 after normalising, the mean colour of CLIP's data */
  readonly erased?: Box;
}

/** What of a preprocessing decides how pictures are sampled (`ClipPreprocess`). */
export interface SamplingConfig {
  /** a number is the length of the shorter edge, with the aspect ratio unchanged */
  readonly resize: number | Size | undefined;
  readonly crop: Size | undefined;
}

/** The sampling of `CLIPImageProcessor`: resize and centre crop. */
export function centreSampling(image: Size, { resize: target, crop: window }: SamplingConfig): Sampling {
  const region = typeof target === "number" ? middleOf(image) : { left: 0, top: 0, ...sizeOf(image) };
  const size = target === undefined ? sizeOf(region) : resizedSize(region, target);
  return { region, size, window: centred(size, window ?? size) };
}

/** The pixels of a sampling, in bytes; nothing is erased. */
export function sample(
  image: RgbImage,
  { region, size, window, isFlipped }: Sampling,
  filter: ResampleFilter,
): RgbImage {
  const seen = crop(resize(crop(image, region), size, filter), window);
  return isFlipped ? flip(seen) : seen;
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height });

/**
 * Maximum aspect ratio of a resized image. Longer images (decoding accepts up to 32 : 1) are cropped to their middle first, which
 * contains the final crop, since resizing them whole would take too much memory.
 */
const maxAspect = 8;

function middleOf(image: Size): Box {
  const maxSide = maxAspect * Math.min(image.width, image.height);
  return centred(image, { width: Math.min(image.width, maxSide), height: Math.min(image.height, maxSide) });
}

function resizedSize({ width, height }: Size, target: number | Size): Size {
  if (typeof target !== "number") return target;
  const short = Math.min(width, height);
  // CLIPImageProcessor truncates the longer side instead of rounding it.
  const long = Math.trunc((target * Math.max(width, height)) / short);
  return width <= height ? { width: target, height: long } : { width: long, height: target };
}

/**
 * The centred crop. An odd margin's smaller half is at the left and top, or the larger half if the image is smaller than the crop.
 */
function centred(image: Size, size: Size): Box {
  return {
    ...size,
    left: Math.floor((image.width - size.width) / 2),
    top: Math.floor((image.height - size.height) / 2),
  };
}

function flip({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (y * width + width - 1 - x) * 3;
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    }
  }
  return { width, height, data: out };
}
