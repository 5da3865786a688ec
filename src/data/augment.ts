import type { Sampling } from "../clip/sampling.ts";
import type { Box, Size } from "../pictures/image.ts";
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
 * Augmentation of the paper (docs/method.md, A step of training): random resized crop, horizontal flip and random erasing, as torchvision
 * defines them. Returns the sampling of an image for side × side pixels. Depends on the image's size and `random` only.
 */
export function augmentation(image: Size, side: number, random: Random): Sampling {
  const size = { width: side, height: side };
  const region = randomCrop(image, random);
  const isFlipped = random.uniform() < flipChance;
  const erased = random.uniform() < eraseChance ? randomErasure(size, random) : undefined;
  return { region, size, window: { left: 0, top: 0, ...size }, isFlipped, ...(erased && { erased }) };
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
