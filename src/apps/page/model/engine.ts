/** Who answers: the server that the page came from, or the browser itself. Both answer alike. */
import type { FacePrediction, ModelDescription } from "../../../faces/recognizer.ts";
import type { PlainExplanation } from "../../../method/explain/plain.ts";

export type Mode = "server" | "browser";

export interface Engine {
  readonly mode: Mode;
  /** Which model answers, and what it runs on, such as "WebAssembly, 4 threads". */
  describe(): Promise<EngineDescription>;
  /** The faces of an encoded picture that is gone afterwards, such as a frame of the camera. */
  predict(picture: Blob): Promise<readonly FacePrediction[]>;
  /** The faces of an encoded picture that stays on the page, to be explained when somebody asks. */
  read(picture: Blob): Promise<PictureReading>;
}

export interface EngineDescription extends ModelDescription {
  readonly runsOn: string;
}

/** What was read in a picture. */
export interface PictureReading {
  readonly faces: readonly FacePrediction[];
  /** What speaks for a class in the face of this number. */
  explain(face: number, target: string): Promise<PlainExplanation>;
  /** Forgets what was kept of the picture for `explain`, which prepares it again from then on. */
  forget(): void;
}
