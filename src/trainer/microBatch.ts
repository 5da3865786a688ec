/** How many images a run takes: what memory allows, and no more than caches hold. */
import type { MemoryEstimate } from "../graph/memory.ts";

export interface MicroBatchLimits {
  /** bytes that may be used */
  readonly limit: number;
  /** images a run takes at most */
  readonly most: number;
  /** sessions side by side, each with packed weights and activations of its own; default 1 */
  readonly strands?: number;
}

/**
 * The largest micro-batch, evened out over the batch, whose estimated memory stays under the limit, or `undefined` where not
 * one image fits. `estimate` gives the graph's need for a batch size; it grows linearly, so two sizes tell all.
 */
export function microBatchSize(
  batch: number,
  { limit, most, strands = 1 }: MicroBatchLimits,
  estimate: (images: number) => MemoryEstimate,
): number | undefined {
  const { fixed, perImage } = needs(strands, estimate);
  const fitting = Math.floor((limit - fixed) / perImage);
  if (fitting < 1) return undefined;
  const runs = Math.ceil(batch / Math.min(batch, fitting, most));
  return Math.ceil(batch / runs);
}

/** Bytes of one image at a time in one session: the least that a training takes. */
export function leastMemory(estimate: (images: number) => MemoryEstimate): number {
  const { fixed, perImage } = needs(1, estimate);
  return fixed + perImage;
}

function needs(strands: number, estimate: (images: number) => MemoryEstimate) {
  const one = estimate(1);
  const perImage = Math.max(1, estimate(2).activations - one.activations);
  // The mapped file, and the weights packed for the products of the training and of the validating sessions.
  const weights = (1 + 2 * strands) * one.weights;
  return { fixed: strands * (one.activations - perImage) + weights, perImage: strands * perImage * arenaFactor };
}

/** ONNX Runtime's arena grows in steps and fragments: measured resident memory over the estimate of live tensors. */
const arenaFactor = 1.3;
