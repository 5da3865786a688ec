/** The images of one split as batches of pixels, each decoded once and kept while the cache has room. */
import type { Split } from "../data/sample.ts";
import { type ImageBatch, loadBatches } from "../preprocess/batchLoader.ts";
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";
import { ImageCache } from "../preprocess/imageCache.ts";
import type { BadImages } from "./badImages.ts";

export interface ImageSourceOptions {
  readonly preprocess: ClipPreprocess;
  readonly bad: BadImages;
  readonly signal?: AbortSignal;
}

export interface PassOptions {
  readonly order: readonly number[];
  readonly batchSize: number;
  /** batches to leave out at the start */
  readonly skip?: number;
  readonly augment?: { readonly seed: number; readonly epoch: number };
}

export class ImageSource {
  readonly split: Split;
  readonly bad: BadImages;
  readonly #options: ImageSourceOptions;
  readonly #cache = new ImageCache();

  constructor(split: Split, options: ImageSourceOptions) {
    this.split = split;
    this.#options = options;
    this.bad = options.bad;
  }

  /** Batches in order; one whose images are all unreadable comes with no indices. Ends early on abort. */
  batches(pass: PassOptions): AsyncGenerator<ImageBatch, void, undefined> {
    const { preprocess, signal } = this.#options;
    const { root, samples } = this.split;
    return loadBatches({
      root,
      samples,
      preprocess,
      signal,
      cache: this.#cache,
      onBad: (image) => this.bad.add(image),
      ...pass,
    });
  }
}

/** Targets [n, C] of the samples at `indices`: their distributions, or one-hot. */
export function targets({ samples, classes }: Split, indices: readonly number[]): Float32Array {
  const rows = new Float32Array(indices.length * classes.length);
  for (const [place, index] of indices.entries()) {
    const { label, target } = samples[index];
    if (target === undefined) rows[place * classes.length + label] = 1;
    else rows.set(target, place * classes.length);
  }
  return rows;
}
