/** Interface of the two engines, the server behind the page and the browser itself. */
import type { FacePrediction, ModelDescription } from "../../../faces/recognizer.ts";
import type { TrackedFace } from "../../../faces/smooth.ts";
import type { GraphicsAdapter } from "../../../graph/runtime/session.web.ts";
import type { PlainExplanation } from "../../../method/explain/plain.ts";

export type Mode = "server" | "browser";

export interface Engine {
  readonly mode: Mode;
  /** Describes the model and the runtime, such as "WebAssembly, 4 threads". */
  describe(): Promise<EngineDescription>;
  /** Starts reading the frames of a camera. */
  watch(): CameraReader;
  /** Predicts the faces of an encoded picture that stays on the page and may be explained later. */
  read(picture: Blob): Promise<PictureReading>;
}

export interface EngineDescription extends ModelDescription {
  /** in words, with the name of the graphics adapter, such as "WebAssembly with SIMD, 4 threads" or "WebGPU on nvidia ampere" */
  readonly runsOn: string;
  /** the adapter that computes, in a browser on WebGPU */
  readonly adapter?: GraphicsAdapter;
  /** least probability of a label with `confident: true` */
  readonly unsureBelow: number;
}

/** Reader of one camera; faces keep their numbers from frame to frame. */
export interface CameraReader {
  /** Reads the frame that the video shows. Wait for one frame before the next, so that frames never queue. */
  read(video: HTMLVideoElement): Promise<readonly TrackedFace[]>;
}

/** Predictions of one picture. */
export interface PictureReading {
  readonly faces: readonly FacePrediction[];
  /** Explains the score of a class for the face with this index. */
  explain(face: number, target: string): Promise<PlainExplanation>;
  /** Frees the picture that was cached for `explain`; a later call prepares it again. */
  forget(): void;
}
