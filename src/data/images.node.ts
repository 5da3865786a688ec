/** Image files of a split, decoded once while the cache has room, and the count of unreadable ones. */
import type { ClipPreprocess } from "../clip/preprocess.ts";
import { decodeImage } from "../pictures/decode.node.ts";
import { crop, inColour, type RgbImage, scaleToOriginal } from "../pictures/image.ts";
import { MpaError } from "../platform/errors.ts";
import { type Images, loadBatches, type PassOptions } from "./batches.ts";
import { imagePath } from "./dataset.node.ts";
import { type BadImage, type ImageBatch, readVisits, type SampleVisit } from "./imageBatch.ts";
import type { Sample, Split } from "./sample.ts";

/**
 * Cache of decoded images by key, up to a number of bytes, without eviction: epochs visit the files cyclically, so that
 * evicting the oldest image would evict each one just before its next use.
 */
export class ImageCache {
  readonly #images = new Map<string, RgbImage>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = 512 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): RgbImage | undefined {
    return this.#images.get(key);
  }

  /** Adds the image if there is room for it. */
  add(key: string, image: RgbImage): void {
    if (this.#images.has(key) || this.#bytes + image.data.length > this.#maxBytes) return;
    this.#images.set(key, image);
    this.#bytes += image.data.length;
  }
}

/** Crops an image to its face box. Throws IMAGE if the box exceeds the image, before allocating anything for it. */
export function cutToBox(image: RgbImage, box: Sample["box"], where: string): RgbImage {
  if (box === undefined) return image;
  const { width, height } = image.original ?? image;
  if (box[2] > width || box[3] > height) {
    const what = `the face box (${box.join(", ")}) leaves the image of ${width}×${height}`;
    throw new MpaError("IMAGE", what, { where, fix: "correct the box in the label file" });
  }
  const [scaleX, scaleY] = scaleToOriginal(image);
  const [left, top] = [Math.floor(box[0] / scaleX), Math.floor(box[1] / scaleY)];
  const [right, bottom] = [Math.ceil(box[2] / scaleX), Math.ceil(box[3] / scaleY)];
  return crop(image, { left, top, width: right - left, height: bottom - top });
}

/** Returns a function that decodes a sample's image and crops it to its box. It throws IMAGE if the image is unreadable. */
export const sampleReader =
  (split: Pick<Split, "root" | "listedIn">, cache?: ImageCache) =>
  async ({ file, box, grey }: Sample): Promise<RgbImage> => {
    if (grey !== undefined) return inColour(grey);
    // A file may hold several faces, each with its own box.
    const key = JSON.stringify([file, box]);
    const cached = cache?.get(key);
    if (cached !== undefined) return cached;
    const path = await imagePath(split, file);
    const image = cutToBox(await decodeImage(path, path), box, path);
    cache?.add(key, image);
    return image;
  };

/** Maximum share of unreadable images in a split without `--allow-bad`; a single one is always allowed. */
const allowedShare = 0.01;

/** Unreadable images of a split: reports and counts them, and throws once there are too many. */
export class BadImages {
  readonly #files = new Map<string, string>();
  readonly #limit: number;
  readonly #split: string;
  readonly #report: (line: string) => void;

  constructor(
    split: { readonly name: string; readonly size: number },
    allowBad: number | undefined,
    report: (line: string) => void,
  ) {
    this.#split = split.name;
    this.#limit = allowBad ?? Math.max(1, Math.floor(split.size * allowedShare));
    this.#report = report;
  }

  /** Reports an image once. Throws DATASET if the maximum is exceeded. */
  add({ file, message }: BadImage): void {
    if (this.#files.has(file)) return;
    this.#files.set(file, message);
    this.#report(`skipped: ${message}`);
    if (this.#files.size > this.#limit) {
      const what = `${this.#files.size} images of the ${this.#split} split are unreadable, ${this.#limit} are allowed`;
      throw new MpaError("DATASET", what, { where: `the last: ${message}`, fix: "replace them or raise --allow-bad" });
    }
  }

  get images(): readonly BadImage[] {
    return [...this.#files].map(([file, message]) => ({ file, message }));
  }

  get files(): readonly string[] {
    return [...this.#files.keys()].sort();
  }
}

export interface ImageSourceOptions {
  readonly preprocess: ClipPreprocess;
  readonly bad: BadImages;
  readonly signal?: AbortSignal;
  /** images decoded concurrently */
  readonly workers?: number;
}

/** The images of a split from their files. */
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

  /** Reads a single batch. Unreadable images are in its `bad`, but not added to those of the source. */
  read(draws: readonly SampleVisit[], how: Pick<PassOptions, "augment" | "form">): Promise<ImageBatch> {
    return readVisits(draws, { ...this.#request, ...how });
  }

  get #request() {
    const { preprocess, signal, workers } = this.#options;
    return { samples: this.split.samples, preprocess, signal, concurrency: workers, read: this.#read };
  }
}
