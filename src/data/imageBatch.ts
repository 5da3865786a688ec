/** One batch of images: decoded, cut, augmented and normalised. */
import { type ClipPreprocess, preprocess } from "../clip/preprocess.ts";
import type { RgbImage } from "../pictures/image.ts";
import { isFailure, MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import { augment } from "./augment.ts";
import type { Sample } from "./sample.ts";

/** An unreadable image. */
export interface BadImage {
  readonly file: string;
  readonly message: string;
}

/** Pixels and labels of a batch. */
export interface ImageBatch {
  /** [batch], indices into the samples; unreadable images are left out */
  readonly indices: readonly number[];
  /** [batch, 3, S, S] */
  readonly pixels: Float32Array;
  /** [batch] */
  readonly labels: readonly number[];
  readonly bad: readonly BadImage[];
}

/** One visit of a sample in an epoch. */
export interface SampleVisit {
  readonly index: number;
  /** earlier visits of the same sample in this epoch; it varies the augmentation */
  readonly repeat: number;
}

/** Samples and how their images are read. */
export interface ReadRequest {
  readonly samples: readonly Sample[];
  /** decodes a sample's image; throws IMAGE if it is unreadable */
  readonly read: (sample: Sample) => Promise<RgbImage>;
  readonly preprocess: ClipPreprocess;
  /** the paper's augmentation, seeded by these and the sample's visit; none if absent */
  readonly augment?: { readonly seed: number; readonly epoch: number };
  /** images decoded concurrently; 4 by default, the number of libuv's threads */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/** Reads a single batch, with the same result as in `loadBatches`. Images are missing after an abort. */
export const readVisits = (draws: readonly SampleVisit[], request: ReadRequest): Promise<ImageBatch> =>
  makeBatch(draws, request, new Slots(request.concurrency ?? 4), request.signal ?? new AbortController().signal);

/**
 * Reads one batch; `slots` limits the concurrent reads of all batches that share it. Unreadable images are left out and listed in
 * `bad`. Throws any error other than IMAGE. Images are missing after an abort.
 */
export async function makeBatch(
  draws: readonly SampleVisit[],
  request: ReadRequest,
  slots: Slots,
  stopped: AbortSignal,
): Promise<ImageBatch> {
  // Yields, so that the consumer starts on its current batch first.
  await new Promise((resolve) => setTimeout(resolve));
  const { samples, preprocess: config } = request;
  const length = 3 * config.imageSize ** 2;
  const pixels = new Float32Array(draws.length * length);
  const failures = await Promise.all(
    draws.map(async (draw, place) => {
      if (stopped.aborted) return undefined;
      const image = await readSample(samples[draw.index], request, slots, stopped);
      if (image instanceof MpaError) return image;
      if (image !== undefined) write(image, draw, request, pixels, place * length);
      return undefined;
    }),
  );
  const readable = draws.flatMap((_, place) => (failures[place] === undefined ? [place] : []));
  for (const [to, from] of readable.entries()) {
    if (to !== from) pixels.copyWithin(to * length, from * length, (from + 1) * length);
  }
  const indices = readable.map((place) => draws[place].index);
  const bad = failures.flatMap((failure, place) =>
    failure === undefined ? [] : [{ file: samples[draws[place].index].file, message: failure.message }],
  );
  return {
    indices,
    pixels: pixels.subarray(0, readable.length * length),
    labels: indices.map((i) => samples[i].label),
    bad,
  };
}

/** Semaphore with first-in, first-out order. */
export class Slots {
  readonly #queue: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  free(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

function write(image: RgbImage, draw: SampleVisit, request: ReadRequest, out: Float32Array, offset: number): void {
  if (request.augment === undefined) {
    preprocess(image, request.preprocess, out, offset);
    return;
  }
  const { seed, epoch } = request.augment;
  const key = draw.repeat === 0 ? [draw.index] : [draw.index, draw.repeat];
  augment(image, request.preprocess, new Random(seed, "augment", epoch, ...key), out, offset);
}

/** Decodes an image. Returns the error of an unreadable one, and undefined after an abort. */
async function readSample(
  sample: Sample,
  { read }: ReadRequest,
  slots: Slots,
  stopped: AbortSignal,
): Promise<RgbImage | MpaError | undefined> {
  await slots.take();
  try {
    return stopped.aborted ? undefined : await read(sample);
  } catch (error) {
    if (isFailure(error, "IMAGE")) return error;
    throw error;
  } finally {
    slots.free();
  }
}
