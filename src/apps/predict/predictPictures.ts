/** `predict`: the faces of one picture after another, in shared batches and flat memory (CONTRACT.md, Answers). */

import type { FacePrediction, ModelDescription, PreparedPicture, Recognizer } from "../../faces/recognizer.ts";
import type { NodeImage } from "../../pictures/decode.node.ts";
import { isFailure, MpaError, messageOf } from "../../platform/errors.ts";
import type { Picture } from "./pictures.ts";

/** A stream of answers about many pictures. */
export interface Predictions {
  readonly model: ModelDescription;
  /** Each picture's answer, in order, once; memory does not grow with their number. */
  each(): AsyncIterable<Predicted>;
  /** Frees what the runtime holds. */
  dispose(): Promise<void>;
}

/** The faces of one picture, or why it has none. */
export interface FilePrediction {
  readonly file: string;
  /** seconds from the start, for a frame of a video */
  readonly time?: number;
  readonly faces: readonly FacePrediction[];
  /** one line; the file has no faces then */
  readonly error?: string;
}

export interface PredictPicturesOptions {
  readonly detect: boolean;
  /** pictures and faces that are held back for a full batch, at most */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
}

/** An answer, and the picture that it is about, for whoever draws it. */
export interface Predicted {
  readonly answer: FilePrediction;
  readonly picture: Picture;
}

interface Prepared {
  readonly picture: Picture;
  readonly prepared: PreparedPicture;
  readonly error?: string;
}

/** Pictures that are decoded and searched at the same time; each takes as much memory as its pixels. */
const ahead = 2;

/**
 * Each picture's faces, in order. A picture that cannot be read has an `error` and the rest still run. Throws INTERRUPTED
 * when the signal aborts.
 */
export async function* predictPictures(
  fer: Recognizer<NodeImage>,
  pictures: AsyncIterable<Picture>,
  { detect, batchSize, signal }: PredictPicturesOptions,
): AsyncGenerator<Predicted> {
  let waiting: Prepared[] = [];
  let faces = 0;
  let done = 0;
  try {
    for await (const next of preparedPictures(fer, pictures, detect, signal)) {
      waiting.push(next);
      faces += next.prepared.faces.length;
      if (faces < batchSize && waiting.length < batchSize) continue;
      yield* await answersOf(fer, waiting, signal);
      done += waiting.length;
      [waiting, faces] = [[], 0];
    }
    yield* await answersOf(fer, waiting, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new MpaError("INTERRUPTED", `stopped after ${done} pictures`, { cause: error });
  }
}

async function answersOf(
  fer: Recognizer<NodeImage>,
  waiting: readonly Prepared[],
  signal: AbortSignal | undefined,
): Promise<Predicted[]> {
  const answers = await fer.classify(
    waiting.map(({ prepared }) => prepared),
    signal,
  );
  return waiting.map(({ picture, error }, i) => {
    const { file, time } = picture;
    const name = { file, ...(time !== undefined && { time }) };
    return { picture, answer: { ...name, faces: answers[i], ...(error !== undefined && { error }) } };
  });
}

/** The pictures in order, a few of them in work at the same time. */
async function* preparedPictures(
  fer: Recognizer<NodeImage>,
  pictures: AsyncIterable<Picture>,
  detect: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Prepared> {
  const working: Promise<Prepared>[] = [];
  for await (const picture of pictures) {
    const work = prepare(fer, picture, detect, signal);
    // whoever awaits it later hears of a failure; meanwhile it must not count as unheard
    work.catch(() => undefined);
    working.push(work);
    if (working.length >= ahead) yield await next(working);
  }
  while (working.length > 0) yield await next(working);
}

async function next(working: Promise<Prepared>[]): Promise<Prepared> {
  const [first] = working;
  working.shift();
  return await first;
}

async function prepare(
  fer: Recognizer<NodeImage>,
  picture: Picture,
  detect: boolean,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  try {
    if (picture.image instanceof MpaError) throw picture.image;
    return { picture, prepared: await fer.prepare(picture.image, { detect, signal }) };
  } catch (error) {
    if (!isFailure(error, "IMAGE")) throw error;
    return { picture, prepared: { width: 0, height: 0, faces: [] }, error: messageOf(error) };
  }
}
