/** Prediction of a stream of pictures in shared batches, with constant memory. */

import {
  type FacePrediction,
  type ModelDescription,
  maxPicturesInWork,
  type PreparedPicture,
  type Recognizer,
} from "../../faces/recognizer.ts";
import type { NodeImage } from "../../pictures/decode.node.ts";
import type { ProgressTask } from "../../platform/context.ts";
import { isFailure, MpaError, messageOf } from "../../platform/errors.ts";

/** Stream of predictions for many pictures. */
export interface Predictions {
  readonly model: ModelDescription;
  /** Yields each picture's prediction in order, once; memory does not grow with their number. */
  each(): AsyncIterable<Predicted>;
  /** Frees the runtime's resources. */
  dispose(): Promise<void>;
}

/** Faces of one picture, or the reason why it could not be read. */
export interface FilePrediction {
  readonly file: string;
  /** seconds from the start of the video, for a frame */
  readonly time?: number;
  readonly faces: readonly FacePrediction[];
  /** of a picture that is too large to be decoded whole: the share of its width at which it was looked at */
  readonly scale?: number;
  /** one line; the file has no faces then */
  readonly error?: string;
}

/** Picture with its prediction, whose faces are empty until `predictPictures` fills them. */
export interface Predicted {
  readonly answer: FilePrediction;
  /** absent if the picture cannot be read */
  readonly image?: NodeImage;
}

export interface PredictPicturesOptions {
  readonly detect: boolean;
  /** maximum number of pictures and faces buffered for a full batch */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
  /** receives the number of files done; the frames of a video count as one file */
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
  { detect, batchSize, signal, task, notice = () => undefined }: PredictPicturesOptions,
): AsyncGenerator<Predicted> {
  const files = new Set<string>();
  let waiting: Waiting[] = [];
  let faces = 0;
  let done = 0;
  async function* answers() {
    for (const predicted of await classify(fer, waiting, signal)) {
      files.add(predicted.answer.file);
      task?.update(files.size);
      tellScale(predicted.answer, notice);
      yield predicted;
    }
    done += waiting.length;
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
  signal: AbortSignal | undefined,
): Promise<Predicted[]> {
  const found = await fer.classify(waiting, signal);
  return waiting.map(({ source: { answer, image }, scale }, i) => ({
    answer: { ...answer, faces: found[i], ...(scale !== undefined && { scale }) },
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
