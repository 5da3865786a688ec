/** Videos gathered again from the stream of predictions. */
import type { TrackedFace } from "../../faces/smooth.ts";
import type { TimelineFrame } from "../../faces/timeline.ts";
import type { FileFace, FilePrediction } from "./filePrediction.ts";

/** A frame with whether it was skipped. */
export interface VideoFrame extends TimelineFrame {
  readonly unchanged: boolean;
}

/** What was read in a video. */
export interface Video {
  readonly file: string;
  readonly frames: readonly VideoFrame[];
}

/** Gathers the frames of one video after another; pixels are not held. */
export class VideoCollector {
  #file = "";
  #frames: VideoFrame[] = [];

  /** Takes the next prediction. Returns the video that ended before it, if one did. */
  add({ file, time, end, unchanged, faces }: FilePrediction): Video | undefined {
    const isFrame = time !== undefined && end !== undefined;
    const last = this.#frames.at(-1);
    const isNext = isFrame && last !== undefined && file === this.#file && time > last.time;
    const ended = isNext ? undefined : this.end();
    this.#file = file;
    if (isFrame) this.#frames.push({ time, end, unchanged: unchanged ?? false, faces: faces.filter(isTracked) });
    return ended;
  }

  /** Ends the current video, if there is one, and returns it. */
  end(): Video | undefined {
    const frames = this.#frames;
    this.#frames = [];
    return frames.length > 0 ? { file: this.#file, frames } : undefined;
  }
}

const isTracked = (face: FileFace): face is TrackedFace =>
  face.track !== undefined && face.rawProbabilities !== undefined;
