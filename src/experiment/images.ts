/** The images of one split as batches of pixels, wherever they come from. */
import type { Split } from "../data/sample.ts";
import type { ImageBatch } from "../preprocess/batchLoader.ts";

export interface PassOptions {
  readonly order: readonly number[];
  readonly batchSize: number;
  /** batches to leave out at the start */
  readonly skip?: number;
  readonly augment?: { readonly seed: number; readonly epoch: number };
}

export interface Images {
  readonly split: Split;
  /** Batches in order; one whose images are all unreadable comes with no indices. Ends early on abort. */
  batches(pass: PassOptions): AsyncIterable<ImageBatch>;
}
