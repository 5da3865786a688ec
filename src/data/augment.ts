import { type ClipPreprocess, normalise } from "../clip/preprocess.ts";
import { type Box, crop, type RgbImage, type Size } from "../pictures/image.ts";
import { resize } from "../pictures/resize.ts";
import type { Random } from "../platform/random.ts";

export const augmentations = ["none", "paper"] as const;
export type Augmentation = (typeof augmentations)[number];

const cropScale = [0.8, 1] as const;
const cropRatio = [3 / 4, 4 / 3] as const;
const flipChance = 0.5;
const eraseChance = 0.25;
const eraseScale = [0.02, 0.33] as const;
const eraseRatio = [0.3, 3.3] as const;
const attempts = 10;

/**
 * Augmentation of the paper (docs/method.md, A step of training): random resized crop, horizontal flip, normalisation and random
 * erasing, as torchvision defines them. Writes [3, S, S] at `offset`. Depends on the image and `random` only.
 */
export function augment(
  image: RgbImage,
  config: ClipPreprocess,
  random: Random,
  out: Float32Array,
  offset: number,
): void {
  const side = config.imageSize;
  const size = { width: side, height: side };
  const resized = resize(crop(image, randomCrop(image, random)), size, config.filter);
  normalise(random.uniform() < flipChance ? flip(resized) : resized, config, out, offset);
  if (random.uniform() < eraseChance) erase(randomErasure(size, random), side, out, offset);
}

/** Draws a box of 80–100 % of the area with a log-uniform aspect; after ten misfits, returns the largest centred box that fits. */
export function randomCrop(image: Size, random: Random): Box {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const size = randomSize(image, cropScale, cropRatio, random);
    if (size.width <= 0 || size.height <= 0 || size.width > image.width || size.height > image.height) continue;
    return randomPlace(image, size, random);
  }
  const width = Math.min(image.width, Math.round(image.height * cropRatio[1]));
  const height = Math.min(image.height, Math.round(image.width / cropRatio[0]));
  const left = Math.floor((image.width - width) / 2);
  return { left, top: Math.floor((image.height - height) / 2), width, height };
}

/** Draws a box of 2–33 % of the area that is smaller than the image on both sides; undefined after ten misfits. */
export function randomErasure(image: Size, random: Random): Box | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { width, height } = randomSize(image, eraseScale, eraseRatio, random);
    // In torchvision the aspect is height over width here, but width over height in the crop.
    const size = { width: height, height: width };
    if (size.width < image.width && size.height < image.height) return randomPlace(image, size, random);
  }
  return undefined;
}

type Range = readonly [low: number, high: number];

function randomSize(image: Size, scale: Range, ratio: Range, random: Random): Size {
  const area = image.width * image.height * random.uniform(...scale);
  const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
  return { width: Math.round(Math.sqrt(area * aspect)), height: Math.round(Math.sqrt(area / aspect)) };
}

function randomPlace(image: Size, size: Size, random: Random): Box {
  const top = random.integer(image.height - size.height + 1);
  return { ...size, top, left: random.integer(image.width - size.width + 1) };
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
