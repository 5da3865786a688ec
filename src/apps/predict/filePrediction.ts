/** Predictions of pictures and video frames. */
import type { FacePrediction, ModelDescription } from "../../faces/recognizer.ts";
import type { TrackedFace } from "../../faces/smooth.ts";
import type { NodeImage } from "../../pictures/decode.node.ts";

/** Stream of predictions for many pictures. */
export interface Predictions {
  readonly model: ModelDescription;
  /** number of videos among the files */
  readonly videos: number;
  /** Yields each picture's prediction in order, once; memory does not grow with their number. */
  each(): AsyncIterable<Predicted>;
  /** Frees the runtime's resources. */
  dispose(): Promise<void>;
}

/** Faces of one picture or video frame, or the reason why it could not be read. */
export interface FilePrediction {
  readonly file: string;
  /** seconds from the start of the video, for a frame */
  readonly time?: number;
  /** seconds at which the next frame follows or the video ends */
  readonly end?: number;
  /** of a frame that looks like the one before: its faces are repeated */
  readonly unchanged?: true;
  /** those of a video have the number of their track, and smoothed probabilities next to the raw ones */
  readonly faces: readonly FileFace[];
  /** of a picture that is too large to be decoded whole: the share of its width at which it was looked at */
  readonly scale?: number;
  /** one line; the file has no faces then */
  readonly error?: string;
}

/** A face of a picture or, with the fields of a `TrackedFace`, of a video frame. */
export type FileFace = FacePrediction & Partial<Omit<TrackedFace, keyof FacePrediction>>;

/** Picture with its prediction, whose faces are empty until `predictPictures` adds them. */
export interface Predicted {
  readonly answer: FilePrediction;
  /** absent if the picture cannot be read, and of a frame that is unchanged */
  readonly image?: NodeImage;
}
