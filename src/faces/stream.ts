/** Prediction of pictures that come one after another, in order and in shared batches. */

import type { ProgressTask } from "../platform/context.ts";
import { counted } from "../platform/counts.ts";
import { isFailure, MpaError, messageOf } from "../platform/errors.ts";
import type { FacePrediction, PreparedPicture } from "./prediction.ts";
import type { Recognizer } from "./recognizer.ts";

/** Options of `predictEach`. */
export interface StreamOptions {
  readonly detect?: boolean;
  /** maximum number of pictures and faces that wait for a full batch */
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
  /** receives the number of pictures done */
  readonly task?: ProgressTask | undefined;
}

/** A source of a stream; one without an image has no faces. */
interface Source<Image> {
  readonly image?: Image | undefined;
}

/** How the pictures of a stream are prepared. */
type Preparation = Pick<StreamOptions, "detect" | "signal">;

/**
 * Predicts the faces of pictures that come one after another; memory does not grow with their number. `answer` makes what is yielded of a
 * source, of its picture and of the expressions of the picture's faces. An unreadable picture has a `failure`. Throws INTERRUPTED when
 * the signal aborts.
 */
export async function* predictEach<Image, From extends Source<Image>, Answer>(
  recognizer: Recognizer<Image>,
  sources: AsyncIterable<From>,
  answer: (source: From, picture: PreparedPicture, faces: readonly FacePrediction[]) => Answer,
  { detect, batchSize, signal, task }: StreamOptions,
): AsyncGenerator<Answer> {
  let done = 0;
  try {
    for await (const batch of inBatches(prepareEach(recognizer, sources, { detect, signal }), batchSize)) {
      const pictures = batch.map(({ picture }) => picture);
      const found = await recognizer.classify(pictures, signal);
      for (const [i, { source, picture }] of batch.entries()) {
        const made = answer(source, picture, found[i]);
        task?.update(++done);
        yield made;
      }
    }
    task?.finish();
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new MpaError("INTERRUPTED", `stopped after ${counted(done, "picture")}`, { cause: error });
  }
}

/** Prepared pictures in batches, each full by its pictures or by their faces. */
async function* inBatches<Prepared extends { readonly picture: PreparedPicture }>(
  all: AsyncIterable<Prepared>,
  batchSize: number,
): AsyncGenerator<readonly Prepared[]> {
  let batch: Prepared[] = [];
  for await (const one of all) {
    batch.push(one);
    const faces = batch.reduce((sum, { picture }) => sum + picture.faces.length, 0);
    if (Math.max(faces, batch.length) < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Prepares pictures in order; one is decoded while the one before is searched. */
async function* prepareEach<Image, From extends Source<Image>>(
  recognizer: Recognizer<Image>,
  sources: AsyncIterable<From>,
  how: Preparation,
): AsyncGenerator<{ readonly source: From; readonly picture: PreparedPicture }> {
  const prepared = async (source: From) => ({ source, picture: await prepareOrFail(recognizer, source.image, how) });
  let before: ReturnType<typeof prepared> | undefined;
  for await (const source of sources) {
    const next = prepared(source);
    // Awaited in the next round; a failure before that must not count as unhandled.
    next.catch(() => undefined);
    if (before !== undefined) yield await before;
    before = next;
  }
  if (before !== undefined) yield await before;
}

async function prepareOrFail<Image>(
  recognizer: Recognizer<Image>,
  image: Image | undefined,
  how: Preparation,
): Promise<PreparedPicture> {
  const nothing = { width: 0, height: 0, faces: [] };
  if (image === undefined) return nothing;
  try {
    return await recognizer.prepare(image, how);
  } catch (error) {
    if (!isFailure(error, "IMAGE")) throw error;
    return { ...nothing, failure: messageOf(error) };
  }
}
