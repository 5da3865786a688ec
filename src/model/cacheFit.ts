/** How many images a run takes at most. */
import type { Clip } from "./clip.ts";

/**
 * Of the widest activation, the MLP's [images·tokens, 4V]: with a handful of such tensors for each of two sessions side by side,
 * about what a processor's caches hold (`parts` in docs/records/performance-properties.json).
 */
const widestBytes = 5e6;

/** Images whose widest activation in the image tower stays in caches, at least 1. */
export function imagesInCache({ config: { vision } }: Clip): number {
  const bytesAnImage = 4 * vision.mlpWidth * (1 + vision.grid ** 2);
  return Math.max(1, Math.floor(widestBytes / bytesAnImage));
}
