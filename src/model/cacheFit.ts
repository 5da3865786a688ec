/** How many images a run takes at most. */
import type { Clip } from "./clip.ts";

/**
 * Of the widest activation, the MLP's [images·tokens, 4V]: about what a core's caches hold. ViT-B/16 is as fast with two to
 * sixteen images a run, and slower with thirty-two (docs/performance.md); of sizes as fast the small one takes the least memory.
 */
const widestBytes = 10e6;

/** Images whose widest activation in the image tower stays in caches, at least 1. */
export function imagesInCache({ config: { vision } }: Clip): number {
  const bytesAnImage = 4 * vision.mlpWidth * (1 + vision.grid ** 2);
  return Math.max(1, Math.floor(widestBytes / bytesAnImage));
}
