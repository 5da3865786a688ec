/** The image files of one split, each decoded once and kept while the cache has room. */

import type { Backbone } from "../clip/backbone.ts";
import type { ClipPreprocess } from "../clip/preprocess.ts";
import { decodeImage } from "../pictures/decode.node.ts";
import { crop, inColour, type RgbImage, scaleToOriginal } from "../pictures/image.ts";
import { contextOf, type RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import {
  type BadImage,
  type ImageBatch,
  type Images,
  loadBatches,
  type PassOptions,
  readVisits,
  type SampleVisit,
} from "./batches.ts";
import { imagePath } from "./dataset.node.ts";
import { loadSplit } from "./datasets.node.ts";
import type { LabelRule } from "./ferplusVotes.ts";
import { epochOrder, limitPerClass } from "./order.ts";
import type { Sample, Split, SplitName } from "./sample.ts";

/**
 * Decoded images by file, up to a number of bytes. What is in stays in: epochs visit every file once each, and under such
 * a cycle dropping the oldest would drop each image just before its turn.
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

  get(file: string): RgbImage | undefined {
    return this.#images.get(file);
  }

  /** Keeps the image if there is room for it. */
  add(file: string, image: RgbImage): void {
    if (this.#images.has(file) || this.#bytes + image.data.length > this.#maxBytes) return;
    this.#images.set(file, image);
    this.#bytes += image.data.length;
  }
}

/** The part of an image in its face box. Throws IMAGE where the box leaves the image, before anything is allocated for it. */
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

/** Reads a sample's picture from its file in the split's folder, cut to its box. Fails with `IMAGE` where it is unreadable. */
export const sampleReader =
  (split: Pick<Split, "root" | "listedIn">, cache?: ImageCache) =>
  async ({ file, box, grey }: Sample): Promise<RgbImage> => {
    if (grey !== undefined) return inColour(grey);
    const cached = cache?.get(file);
    if (cached !== undefined) return cached;
    const path = await imagePath(split, file);
    const image = cutToBox(await decodeImage(path, path), box, path);
    cache?.add(file, image);
    return image;
  };

/* Images that could not be read: reported, skipped, counted, and an error once they are too many. */

/** The share of a split that may be unreadable without `--allow-bad`; one image always may. */
const allowedShare = 0.01;

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

  /** Throws DATASET when this one is one too many. */
  add({ file, message }: BadImage): void {
    if (this.#files.has(file)) return;
    this.#files.set(file, message);
    this.#report(`skipped: ${message}`);
    if (this.#files.size > this.#limit) {
      const what = `${this.#files.size} images of the ${this.#split} split are unreadable, ${this.#limit} are allowed`;
      throw new MpaError("DATASET", what, { where: `the last: ${message}`, fix: "mend them or raise --allow-bad" });
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
  read(draws: readonly SampleVisit[], how: Pick<PassOptions, "augment" | "form">): Promise<ImageBatch> {
    return readVisits(draws, { ...this.#request, ...how });
  }

  get #request() {
    const { preprocess, signal, workers } = this.#options;
    return { samples: this.split.samples, preprocess, signal, concurrency: workers, read: this.#read };
  }
}

/* The images of a split as a training reads them. */

/** What of a training's options decides which images there are. */
export interface ImagesConfig {
  /** folder of the data set */
  readonly data: string;
  /** its kind */
  readonly dataset: string;
  readonly labelRule: LabelRule;
  readonly paperProtocol: boolean;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly allowBad?: number | undefined;
  readonly dataWorkers: number;
}

/** A split cut to `limit` images a class, which come first in the run's seeded shuffle (file order without it). */
export async function openTrainingImages(
  config: ImagesConfig,
  backbone: Backbone,
  name: SplitName,
  limit: number | undefined,
  context: RunContext,
): Promise<ImageSource> {
  const { signal, notice } = contextOf(context);
  const split = await loadTrainingSplit(config, name, limit, context);
  const bad = new BadImages({ name, size: split.samples.length }, config.allowBad, notice);
  return new ImageSource(split, { preprocess: backbone.preprocess, bad, signal, workers: config.dataWorkers });
}

/** What decides which images of a data set a training takes. */
export type TrainingSplitConfig = Pick<
  ImagesConfig,
  "dataset" | "data" | "labelRule" | "paperProtocol" | "seed" | "shuffle"
>;

/** A split as a training takes it: at most `limit` images a class. Throws as `loadSplit` does. */
export async function loadTrainingSplit(
  { dataset, data, labelRule, paperProtocol, seed, shuffle }: TrainingSplitConfig,
  name: SplitName,
  limit: number | undefined,
  { notice }: RunContext = {},
): Promise<Split> {
  // Nothing is held out for validation where nothing is validated on it.
  const told = { ...(notice && { notice }) };
  const whole = await loadSplit(dataset, data, name, { labelRule, holdOut: !paperProtocol, ...told });
  if (limit === undefined) return whole;
  const order = epochOrder({ size: whole.samples.length, seed, epoch: 0, shuffle });
  return { ...whole, samples: limitPerClass(whole.samples, limit, order) };
}
