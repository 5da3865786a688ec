/** What a thread with a session and the thread that asks it say to each other. */
import type { ErrorCode } from "../errors.ts";
import type { OnnxModel } from "../graph/onnx.ts";
import type { Shape } from "../graph/tensor.ts";
import type { Feeds, Results, SessionOptions } from "./session.ts";

/** What the thread starts with; it answers `ready` or `failed`. */
export interface StrandData {
  readonly model: OnnxModel;
  readonly options: SessionOptions;
}

/** A run, answered by its results, or the end, answered by `ready`. */
export type ToStrand = { readonly feeds: Feeds; readonly shapes?: Readonly<Record<string, Shape>> } | "close";

export type FromStrand =
  | { readonly ready: true }
  | { readonly results: Results }
  | { readonly failed: { readonly code: ErrorCode; readonly message: string } };
