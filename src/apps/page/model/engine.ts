/** Who answers: the server that the page came from, or the browser itself. Both answer alike. */
import type { FacePrediction, ModelDescription } from "../../../faces/recognizer.ts";
import type { FaceExplanation } from "../../../method/explain/explainer.ts";
import type { HeatMap } from "../../../method/model.ts";

export type Mode = "server" | "browser";

export interface Engine {
  readonly mode: Mode;
  /** Which model answers, and what it runs on, such as "WebAssembly, 4 threads". */
  describe(): Promise<EngineDescription>;
  /** The faces of an encoded picture. Throws the signal's reason. */
  predict(picture: Blob, signal?: AbortSignal): Promise<readonly FacePrediction[]>;
  /** What speaks for a class in one face of a picture, counted as `predict` does. */
  explain(picture: Blob, face: number, target: string): Promise<Explanation>;
}

export interface EngineDescription extends ModelDescription {
  readonly runsOn: string;
}

/** One value a pixel or patch, row after row. */
export interface Map2D {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

export interface Explanation {
  /** what the tower saw, as a data URL */
  readonly face: string;
  /** Z_i·θ_c of every patch (docs/method.md, Eq. 9) */
  readonly similarity: Map2D;
  /** the patches that speak most for the class, best first */
  readonly patches: readonly number[];
  /** |∂logit/∂pixel| (paper, Figure 3) */
  readonly saliency: Map2D;
}

/* An explanation in plain values, as it leaves a worker or a server. */

/** `face` shows what the tower saw, as a data URL. */
export const plainExplanation = (found: FaceExplanation, face: string): Explanation => ({
  face,
  similarity: plain(found.similarity[found.target]),
  patches: [...found.patches[found.target].indices],
  saliency: plain(found.saliency),
});

const plain = ({ width, height, data }: HeatMap): Map2D => ({ width, height, data: Array.from(data) });
