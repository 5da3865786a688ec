/** How many images a run takes: what memory allows, and no more than caches hold. */
import type { MemoryEstimate } from "../graph/memory.ts";

/** What a training's graph takes for one image and for two; the need grows linearly, so they tell all. Two may need more weights. */
export interface MemoryNeeds {
  readonly one: MemoryEstimate;
  readonly two: MemoryEstimate;
}

export interface MicroBatchLimits {
  /** bytes that may be used */
  readonly limit: number;
  /** images a run takes at most */
  readonly most: number;
  /** sessions side by side, each with packed weights and activations of its own; default 1 */
  readonly strands?: number;
}

/** The largest micro-batch, evened out over the batch, whose memory stays under the limit, or `undefined` where not one image fits. */
export function microBatchSize(
  batch: number,
  { limit, most, strands = 1 }: MicroBatchLimits,
  needs: MemoryNeeds,
): number | undefined {
  const { fixed, perImage } = bytesOf(needs, strands);
  const fitting = Math.floor((limit - fixed) / perImage);
  if (fitting < 1) return undefined;
  const runs = Math.ceil(batch / Math.min(batch, fitting, most));
  return Math.ceil(batch / runs);
}

/** Bytes of one image at a time in one session: the least that a training takes. */
export function leastMemory(needs: MemoryNeeds): number {
  const { fixed, perImage } = bytesOf(needs, 1);
  return fixed + perImage;
}

function bytesOf({ one, two }: MemoryNeeds, strands: number) {
  const perImage = Math.max(1, two.activations - one.activations);
  // The mapped file, and the weights packed for the products of the training and of the validating sessions.
  const weights = (1 + 2 * strands) * two.weights;
  return { fixed: strands * (one.activations - perImage) + weights, perImage: strands * perImage * arenaFactor };
}

/** ONNX Runtime's arena grows in steps and fragments: measured resident memory over the estimate of live tensors. */
const arenaFactor = 1.3;
