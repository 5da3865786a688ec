/** How many images a run takes: what memory allows, and no more than caches hold. */
import { MpaError } from "../errors.ts";
import type { MemoryEstimate } from "../graph/memory.ts";

/**
 * The largest micro-batch, evened out over the batch, of at most `most` images, whose estimated memory stays under `limit`
 * bytes. `estimate` gives the graph's need for a batch size; it grows linearly, so two sizes tell all. Throws MEMORY if not
 * one image fits.
 */
export function microBatchSize(
  batch: number,
  { limit, most }: { readonly limit: number; readonly most: number },
  estimate: (images: number) => MemoryEstimate,
): number {
  const one = estimate(1);
  const two = estimate(2);
  const perImage = Math.max(1, two.activations - one.activations);
  const fixed = one.activations - perImage + weightCopies * one.weights;
  const fitting = Math.floor((limit - fixed) / (perImage * arenaFactor));
  if (fitting < 1) {
    const need = Math.ceil((fixed + perImage * arenaFactor) / 2 ** 20);
    throw new MpaError(
      "MEMORY",
      `one image a run needs about ${need} MB`,
      undefined,
      "raise --memory or take a smaller backbone",
    );
  }
  const runs = Math.ceil(batch / Math.min(batch, fitting, most));
  return Math.ceil(batch / runs);
}

/** The mapped file, and the weights packed for the products of the training and of the validating session. */
const weightCopies = 3;

/** ONNX Runtime's arena grows in steps and fragments: measured resident memory over the estimate of live tensors. */
const arenaFactor = 1.3;
