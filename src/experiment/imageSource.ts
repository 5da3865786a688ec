/** The image files of one split, each decoded once and kept while the cache has room. */
import type { Split } from "../data/sample.ts";
import { type Draw, type ImageBatch, loadBatches, readDraws } from "../preprocess/batchLoader.ts";
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";
import { ImageCache } from "../preprocess/imageCache.ts";
import { sampleReader } from "../preprocess/sampleReader.ts";
import type { BadImages } from "./badImages.ts";
import type { Images, PassOptions } from "./images.ts";

export interface ImageSourceOptions {
  readonly preprocess: ClipPreprocess;
  readonly bad: BadImages;
  readonly signal?: AbortSignal;
  /** images read at once */
  readonly workers?: number;
}

export class ImageSource implements Images {
  readonly split: Split;
  readonly bad: BadImages;
  readonly #options: ImageSourceOptions;
  readonly #read: ReturnType<typeof sampleReader>;

  constructor(split: Split, options: ImageSourceOptions) {
    this.split = split;
    this.#options = options;
    this.bad = options.bad;
    this.#read = sampleReader(split, new ImageCache());
  }

  batches(pass: PassOptions): AsyncGenerator<ImageBatch, void, undefined> {
    return loadBatches({ ...this.#request, onBad: (image) => this.bad.add(image), ...pass });
  }

  /** One batch on its own; what cannot be read is in its `bad`, and not counted. */
  read(draws: readonly Draw[], augment: PassOptions["augment"]): Promise<ImageBatch> {
    return readDraws(draws, { ...this.#request, augment });
  }

  get #request() {
    const { preprocess, signal, workers } = this.#options;
    return { samples: this.split.samples, preprocess, signal, concurrency: workers, read: this.#read };
  }
}
