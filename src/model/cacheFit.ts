/** How many images a run takes at most, so that what it works on stays near the cores. */
import type { Clip } from "./clip.ts";

/**
 * Of the widest activation, the MLP's [images·tokens, 4V]. Larger ones fall out of the caches between one operator and the
 * next: with ViT-B/16 four images at a time were faster an image than eight or thirty-two (docs/performance.md).
 */
const widestBytes = 10e6;

/** Images whose widest activation in the image tower stays in caches, at least 1. */
export function imagesInCache({ config: { vision } }: Clip): number {
  const bytesAnImage = 4 * vision.mlpWidth * (1 + vision.grid ** 2);
  return Math.max(1, Math.floor(widestBytes / bytesAnImage));
}
