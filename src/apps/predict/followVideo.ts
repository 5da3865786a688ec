/** Faces of videos, followed from frame to frame. */
import { appearanceOf } from "../../faces/appearance.ts";
import type { FacePrediction, PreparedPicture } from "../../faces/recognizer.ts";
import { FaceFollower, type FollowerOptions, type TrackedFace } from "../../faces/smooth.ts";
import type { FilePrediction } from "./filePrediction.ts";

/** Follows the faces of one video after another. */
export class VideoFollower {
  readonly #options: FollowerOptions;
  #current: Followed | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Returns the faces of the frame at `time` with their tracks; `prepared` has the pixels of `faces`, in the same order. */
  next(
    { file, unchanged }: FilePrediction,
    time: number,
    faces: readonly FacePrediction[],
    prepared: PreparedPicture["faces"],
  ): readonly TrackedFace[] {
    const before = this.#current;
    // The same file may be named twice: its second round begins at its start.
    const isSameVideo = before !== undefined && before.file === file && before.time < time;
    const follower = isSameVideo ? before.follower : new FaceFollower(this.#options);
    const seen =
      isSameVideo && unchanged
        ? before.seen
        : { faces, appearances: prepared.map(({ pixels }) => appearanceOf(pixels)) };
    this.#current = { file, time, follower, seen };
    return follower.next(time, seen.faces, seen.appearances);
  }
}

interface Followed {
  readonly file: string;
  readonly time: number;
  readonly follower: FaceFollower;
  /** what the last frame that was read showed */
  readonly seen: { readonly faces: readonly FacePrediction[]; readonly appearances: readonly Float32Array[] };
}
