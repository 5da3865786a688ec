/** The images of a split as a sequence of batches, decoded ahead of their use. */
import { type BadImage, type ImageBatch, makeBatch, type ReadRequest, type SampleVisit, Slots } from "./imageBatch.ts";
import { batches } from "./order.ts";
import type { Split } from "./sample.ts";

/** Options of one pass over a split. */
export interface PassOptions {
  readonly order: readonly number[];
  readonly batchSize: number;
  /** number of batches to skip at the start */
  readonly skip?: number;
  readonly augment?: { readonly seed: number; readonly epoch: number };
}

/** The images of a split as batches of pixels, from files or from memory. */
export interface Images {
  readonly split: Split;
  /** Yields the batches in order; one whose images are all unreadable has no indices. Ends early on abort. */
  batches(pass: PassOptions): AsyncIterable<ImageBatch>;
}

/** Samples, their order, and how they are batched. */
export interface BatchRequest extends ReadRequest {
  /** indices into `samples`, in the order of the epoch */
  readonly order: readonly number[];
  readonly batchSize: number;
  /** number of batches to skip at the start of a resumed epoch */
  readonly skip?: number;
  /** batches prepared ahead of the current one; 2 by default */
  readonly prefetch?: number;
  /** called in batch order for each unreadable image */
  readonly onBad?: (bad: BadImage) => void;
}

/**
 * Yields the batches of one epoch, decoded ahead of their use. Content and order depend on the request alone, not on timing. An
 * unreadable image (`IMAGE`) makes its batch smaller, possibly empty, so that batch numbers always correspond to positions in the
 * order. Throws any other error. Ends without an error on abort.
 */
export async function* loadBatches(request: BatchRequest): AsyncGenerator<ImageBatch, void, undefined> {
  const { order, batchSize, prefetch = 2, signal, onBad } = request;
  const draws = epochVisits(order);
  const waiting = batches([...order.keys()], batchSize)
    .slice(request.skip ?? 0)
    .map((places) => places.map((place) => draws[place]));
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const slots = new Slots(request.concurrency ?? 4);
  const ahead: Promise<ImageBatch>[] = [];
  try {
    while (!stopped.aborted) {
      while (ahead.length <= prefetch && waiting.length > 0) {
        const batch = makeBatch(waiting.shift() ?? [], request, slots, stopped);
        // A rejection is thrown when the batch is awaited; until then it must not count as unhandled.
        batch.catch(() => undefined);
        ahead.push(batch);
      }
      const batch = await ahead.shift();
      if (batch === undefined || stopped.aborted) return;
      for (const bad of batch.bad) onBad?.(bad);
      yield batch;
    }
  } finally {
    stop.abort();
    await Promise.allSettled(ahead);
  }
}

/** The visits of an epoch in this order of samples. */
export function epochVisits(order: readonly number[]): SampleVisit[] {
  const seen = new Map<number, number>();
  return order.map((index) => {
    const repeat = seen.get(index) ?? 0;
    seen.set(index, repeat + 1);
    return { index, repeat };
  });
}
