import { type ImageForm, imageValues, writePicture } from "../clip/pictureRows.ts";
import { type ClipPreprocess, writePixels } from "../clip/preprocess.ts";
import { centreSampling, type Sampling } from "../clip/sampling.ts";
import type { RgbImage, Size } from "../pictures/image.ts";
import { isFailure, MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import { augmentation } from "./augment.ts";
import { batches } from "./order.ts";
import type { Sample, Split } from "./sample.ts";

export interface BadImage {
  readonly file: string;
  readonly message: string;
}

export interface ImageBatch {
  /** [batch], indices into the samples; unreadable images are left out */
  readonly indices: readonly number[];
  /** [batch, 3, S, S], or rows of pictures where those are asked for */
  readonly pixels: Float32Array;
  /** [batch] */
  readonly labels: readonly number[];
  readonly bad: readonly BadImage[];
}

/** A place in an epoch. */
export interface SampleVisit {
  readonly index: number;
  /** how often the index came before in this epoch, so that a sampler's repeats are augmented anew */
  readonly repeat: number;
}

/** How pictures are read. */
export interface ReadRequest {
  readonly samples: readonly Sample[];
  /** a sample's picture; one that is unreadable fails with `IMAGE` */
  readonly read: (sample: Sample) => Promise<RgbImage>;
  readonly preprocess: ClipPreprocess;
  /** the paper's augmentation, as a function of these and a sample's index; absent: none */
  readonly augment?: { readonly seed: number; readonly epoch: number };
  /** default pixels */
  readonly form?: ImageForm;
  /** images read at once; 4 by default, as many as libuv has threads */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

export interface BatchRequest extends ReadRequest {
  /** indices into `samples`, in the order of the epoch */
  readonly order: readonly number[];
  readonly batchSize: number;
  /** batches to leave out at the start, for a run that goes on */
  readonly skip?: number;
  /** batches made ahead of the one in use; 2 by default */
  readonly prefetch?: number;
  /** called in batch order, once for each image that could not be read */
  readonly onBad?: (bad: BadImage) => void;
}

/**
 * The batches of one epoch, decoded ahead while the model works. Content and order depend on the request alone, never on
 * timing. An unreadable image (`IMAGE`) makes its batch smaller, down to one without any, so that a batch's number
 * always says how far the order has come. Any other failure is thrown. On abort the sequence just ends.
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
        // its failure is thrown when its turn comes; until then it must not count as unhandled
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

/** The places of an epoch that visits the samples in this order. */
export function epochVisits(order: readonly number[]): SampleVisit[] {
  const seen = new Map<number, number>();
  return order.map((index) => {
    const repeat = seen.get(index) ?? 0;
    seen.set(index, repeat + 1);
    return { index, repeat };
  });
}

/** One batch on its own, the same as `loadBatches` makes of these places. On abort images are missing. */
export const readVisits = (draws: readonly SampleVisit[], request: ReadRequest): Promise<ImageBatch> =>
  makeBatch(draws, request, new Slots(request.concurrency ?? 4), request.signal ?? new AbortController().signal);

async function makeBatch(
  draws: readonly SampleVisit[],
  request: ReadRequest,
  slots: Slots,
  stopped: AbortSignal,
): Promise<ImageBatch> {
  // lets the consumer start on the batch that it has before time goes into the next ones
  await new Promise((resolve) => setTimeout(resolve));
  const { samples, preprocess: config, form = "pixels" } = request;
  const length = imageValues(form, config.imageSize);
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
  const kept = draws.flatMap((_, place) => (failures[place] === undefined ? [place] : []));
  for (const [to, from] of kept.entries()) {
    if (to !== from) pixels.copyWithin(to * length, from * length, (from + 1) * length);
  }
  const indices = kept.map((place) => draws[place].index);
  const bad = failures.flatMap((failure, place) =>
    failure === undefined ? [] : [{ file: samples[draws[place].index].file, message: failure.message }],
  );
  return {
    indices,
    pixels: pixels.subarray(0, kept.length * length),
    labels: indices.map((i) => samples[i].label),
    bad,
  };
}

function write(image: RgbImage, draw: SampleVisit, request: ReadRequest, out: Float32Array, offset: number): void {
  const writeAs = request.form === "pictures" ? writePicture : writePixels;
  writeAs(image, samplingOf(image, draw, request), request.preprocess, out, offset);
}

function samplingOf(image: Size, { index, repeat }: SampleVisit, request: ReadRequest): Sampling {
  const { augment, preprocess } = request;
  if (augment === undefined) return centreSampling(image, preprocess);
  const key = repeat === 0 ? [index] : [index, repeat];
  return augmentation(image, preprocess.imageSize, new Random(augment.seed, "augment", augment.epoch, ...key));
}

/** The picture; an error that says why it is unreadable; undefined once stopped. */
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

/** Lets so many tasks in at once, first come first served. */
class Slots {
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

/* The images of one split as batches of pixels, wherever they come from. */

export interface PassOptions {
  readonly order: readonly number[];
  readonly batchSize: number;
  /** batches to leave out at the start */
  readonly skip?: number;
  readonly augment?: ReadRequest["augment"];
  /** default pixels */
  readonly form?: ImageForm;
}

export interface Images {
  readonly split: Split;
  /** Batches in order; one whose images are all unreadable comes with no indices. Ends early on abort. */
  batches(pass: PassOptions): AsyncIterable<ImageBatch>;
}
