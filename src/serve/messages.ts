/** What the server and the process with the model say to each other. */
import type { ErrorCode } from "../errors.ts";
import type { FacePrediction, ModelDescription } from "../recognise/recognizer.ts";

export interface PictureRequest {
  readonly id: number;
  /** an encoded picture */
  readonly bytes: Uint8Array;
  readonly detect: boolean;
  /** instead of the expressions: what speaks for a class in one face */
  readonly explain?: { readonly face: number; readonly target: string };
}

export interface PlainMap {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** Why a face is read as it is, in plain numbers. */
export interface PlainExplanation {
  /** what the tower saw, as a data URL */
  readonly face: string;
  /** Z_i·θ_c of every patch (Eq. 9) */
  readonly similarity: PlainMap;
  /** the patches that speak most for the class, best first */
  readonly patches: readonly number[];
  /** |∂logit/∂pixel| (paper, Figure 3) */
  readonly saliency: PlainMap;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type PictureAnswer = { readonly id: number } & (
  | { readonly faces: readonly FacePrediction[] }
  | { readonly explanation: PlainExplanation }
  | { readonly error: Failure }
);

/** To the model: pictures that are answered together. */
export type ToModel = { readonly pictures: readonly PictureRequest[] };

/** From the model: once that it is there or why not, then the answers. */
export type FromModel =
  | { readonly ready: ModelDescription }
  | { readonly failed: Failure }
  | { readonly answers: readonly PictureAnswer[] };
