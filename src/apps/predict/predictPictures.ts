/** Prediction of a stream of pictures in shared batches, with constant memory. */

import { maxPicturesInWork, type PreparedPicture, type Recognizer } from "../../faces/recognizer.ts";
import type { NodeImage } from "../../pictures/decode.node.ts";
import type { ProgressTask } from "../../platform/context.ts";
import { isFailure, MpaError, messageOf } from "../../platform/errors.ts";
import type { FilePrediction, Predicted } from "./filePrediction.ts";
import { VideoFollower } from "./followVideo.ts";

export interface PredictPicturesOptions {
  readonly detect: boolean;
  /** maximum number of pictures and faces buffered for a full batch */
  readonly batchSize: number;
  /** time constant in seconds over which the probabilities of a video are smoothed */
  readonly smoothing: number;
  readonly signal?: AbortSignal;
  /** receives the number of pictures and frames done */
  readonly task?: ProgressTask;
  /** receives a line about each picture that was not looked at whole */
  readonly notice?: (line: string) => void;
}

/**
 * Predicts the faces of each picture, in order. An unreadable picture has an `error`, and the rest still run. Throws
 * INTERRUPTED when the signal aborts.
 */
export async function* predictPictures(
  fer: Recognizer<NodeImage>,
  pictures: AsyncIterable<Predicted>,
  { detect, batchSize, smoothing, signal, task, notice = () => undefined }: PredictPicturesOptions,
): AsyncGenerator<Predicted> {
  const follower = new VideoFollower({ smoothing, unsureBelow: fer.unsureBelow });
  let waiting: Waiting[] = [];
  let faces = 0;
  let done = 0;
  async function* answers() {
    for (const predicted of await classify(fer, waiting, follower, signal)) {
      task?.update(++done);
      tellScale(predicted.answer, notice);
      yield predicted;
    }
    [waiting, faces] = [[], 0];
  }
  try {
    for await (const next of preparedPictures(fer, pictures, detect, signal)) {
      waiting.push(next);
      faces += next.faces.length;
      if (faces >= batchSize || waiting.length >= batchSize) yield* answers();
    }
    yield* answers();
    task?.finish();
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new MpaError("INTERRUPTED", `stopped after ${done} pictures`, { cause: error });
  }
}

/** Gives notice of a picture that was decoded at a share of its size. */
export function tellScale({ file, scale }: FilePrediction, notice: (line: string) => void): void {
  if (scale !== undefined) notice(`${file}: looked at with ${Math.round(100 * scale)} % of its width and height`);
}

/** Prepared picture together with its source. */
type Waiting = PreparedPicture & { readonly source: Predicted };

async function classify(
  fer: Recognizer<NodeImage>,
  waiting: readonly Waiting[],
  follower: VideoFollower,
  signal: AbortSignal | undefined,
): Promise<Predicted[]> {
  const found = await fer.classify(waiting, signal);
  return waiting.map(({ source: { answer, image }, scale, faces }, i) => ({
    answer: { ...answer, faces: follower.next(answer, found[i], faces), ...(scale !== undefined && { scale }) },
    image,
  }));
}

/** Prepares the pictures in order, a few concurrently. */
async function* preparedPictures(
  fer: Recognizer<NodeImage>,
  pictures: AsyncIterable<Predicted>,
  detect: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Waiting> {
  const working: Promise<Waiting>[] = [];
  for await (const picture of pictures) {
    const work = prepare(fer, picture, detect, signal);
    // the awaiting code receives a failure; until then it must not count as an unhandled rejection
    work.catch(() => undefined);
    working.push(work);
    if (working.length >= maxPicturesInWork) yield await next(working);
  }
  while (working.length > 0) yield await next(working);
}

async function next(working: Promise<Waiting>[]): Promise<Waiting> {
  const [first] = working;
  working.shift();
  return await first;
}

async function prepare(
  fer: Recognizer<NodeImage>,
  source: Predicted,
  detect: boolean,
  signal: AbortSignal | undefined,
): Promise<Waiting> {
  const nothing = { width: 0, height: 0, faces: [] };
  if (source.image === undefined) return { ...nothing, source };
  try {
    return { ...(await fer.prepare(source.image, { detect, signal })), source };
  } catch (error) {
    if (!isFailure(error, "IMAGE")) throw error;
    return { ...nothing, source: { answer: { ...source.answer, error: messageOf(error) } } };
  }
}
