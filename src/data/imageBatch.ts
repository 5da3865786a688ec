/** One batch of images: decoded, cut, augmented and normalised. */
import { type ImageForm, imageValues, writePicture } from "../clip/pictureRows.ts";
import { type ClipPreprocess, writePixels } from "../clip/preprocess.ts";
import { centreSampling, type Sampling } from "../clip/sampling.ts";
import type { RgbImage, Size } from "../pictures/image.ts";
import { isFailure, MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import { augmentation } from "./augment.ts";
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
  /** [batch, 3, S, S], or [batch, L] rows of pictures */
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
  /** default pixels */
  readonly form?: ImageForm;
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
  allocate: (values: number) => Float32Array = (values) => new Float32Array(values),
): Promise<ImageBatch> {
  // Yields, so that the consumer starts on its current batch first.
  await new Promise((resolve) => setTimeout(resolve));
  const { samples, preprocess: config, form = "pixels" } = request;
  const length = imageValues(form, config.imageSize);
  const pixels = allocate(draws.length * length);
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

/** Arrays of batches that are used again. Fresh ones cost a third of the time that it takes to write pictures. */
export class BatchArrays {
  readonly #free: Float32Array[] = [];

  /** An array with any values. */
  take(values: number): Float32Array {
    const at = this.#free.findIndex(({ length }) => length === values);
    return at === -1 ? new Float32Array(values) : this.#free.splice(at, 1)[0];
  }

  /** Takes back the array of a batch, of which it may be the start only. */
  give({ pixels }: ImageBatch): void {
    this.#free.push(new Float32Array(pixels.buffer));
  }
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
  const writeAs = request.form === "pictures" ? writePicture : writePixels;
  writeAs(image, samplingOf(image, draw, request), request.preprocess, out, offset);
}

function samplingOf(image: Size, { index, repeat }: SampleVisit, { augment, preprocess }: ReadRequest): Sampling {
  if (augment === undefined) return centreSampling(image, preprocess);
  const key = repeat === 0 ? [index] : [index, repeat];
  return augmentation(image, preprocess.imageSize, new Random(augment.seed, "augment", augment.epoch, ...key));
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
