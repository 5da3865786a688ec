/** Predictions of pictures and video frames, one after another. */

import type { Recognizer } from "../../faces/recognizer.ts";
import { predictEach, type StreamOptions } from "../../faces/stream.ts";
import type { NodeImage } from "../../pictures/decode.node.ts";
import type { ProgressTask } from "../../platform/context.ts";
import type { FilePrediction, Predicted } from "./filePrediction.ts";
import { VideoFollower } from "./followVideo.ts";

export interface PredictPicturesOptions extends StreamOptions {
  /** time constant in seconds over which the probabilities of a video are smoothed */
  readonly smoothing: number;
  /** receives a line about each picture that was not looked at whole */
  readonly notice?: (line: string) => void;
}

/**
 * Predicts the faces of each picture, in order. An unreadable picture has an `error`, and the rest still run. Throws
 * INTERRUPTED when the signal aborts.
 */
export function predictPictures(
  fer: Recognizer<NodeImage>,
  pictures: AsyncIterable<Predicted>,
  { smoothing, notice = () => undefined, task, ...options }: PredictPicturesOptions,
): AsyncGenerator<Predicted> {
  let unread = 0;
  const follower = new VideoFollower({ smoothing, unsureBelow: fer.unsureBelow });
  return predictEach(
    fer,
    pictures,
    ({ answer: source, image }, { scale, failure, faces: prepared }, found): Predicted => {
      const faces = source.time === undefined ? found : follower.next(source, source.time, found, prepared);
      const own = { ...(scale !== undefined && { scale }), ...(failure !== undefined && { error: failure }) };
      const answer: FilePrediction = { ...source, faces, ...own };
      tellScale(answer, notice);
      if (answer.error !== undefined) unread++;
      return failure === undefined ? { answer, image } : { answer };
    },
    { ...options, task: task && countingRead(task, () => unread) },
  );
}

/** Counts the pictures that were read alone, since an unreadable one takes no time. */
const countingRead = (task: ProgressTask, unread: () => number): ProgressTask => ({
  ...task,
  update: (done, fields) => task.update(done - unread(), unread() > 0 ? { ...fields, "not read": unread() } : fields),
});

/** Gives notice of a picture that was decoded at a share of its size. */
export function tellScale({ file, scale }: FilePrediction, notice: (line: string) => void): void {
  if (scale !== undefined) notice(`${file}: looked at with ${Math.round(100 * scale)} % of its width and height`);
}
