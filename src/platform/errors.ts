/** Error types: every failure visible to users is an `MpaError` with a one-line message and a stable code. */

import { escaped } from "./quote.ts";

/** Error codes with their exit codes: 2 for invalid usage or input, 1 for failed work. */
export const errorCodes = {
  /** unknown command, option or value */
  USAGE: 2,
  /** a configuration file that does not parse or validate */
  CONFIG: 2,
  /** a file or folder that does not exist */
  NOT_FOUND: 2,
  /** weights that are truncated, malformed, or do not fit their config */
  WEIGHTS: 2,
  /** a model that is not a CLIP with a ViT encoder */
  MODEL: 2,
  /** tokenizer files that are missing or malformed */
  TOKENIZER: 2,
  /** a data set whose layout, labels or classes are wrong */
  DATASET: 2,
  /** an image that cannot be decoded */
  IMAGE: 2,
  /** a checkpoint that is malformed or belongs to another backbone, class order or shape */
  CHECKPOINT: 2,
  /** a plugin that cannot be loaded or is malformed */
  PLUGIN: 2,
  /** missing rights to a resource */
  ACCESS: 2,
  /** a server that cannot be reached, or whose answer is broken */
  NETWORK: 1,
  /** a runtime or provider that is not available */
  RUNTIME: 1,
  /** a limit of tokens or money that was reached */
  COST: 1,
  /** NaN or infinity in a weight, loss or gradient */
  NUMERIC: 1,
  /** a file that cannot be written */
  WRITE: 1,
  /** work that does not fit into the allowed memory */
  MEMORY: 1,
  /** stopped by the user after a checkpoint */
  INTERRUPTED: 1,
  /** a fault of this program itself */
  INTERNAL: 1,
} as const;

/** A stable error code, so that programs can distinguish failures. */
export type ErrorCode = keyof typeof errorCodes;

/** Details of an error. */
export interface ErrorDetails extends ErrorOptions {
  /** the file, folder, address or operator concerned */
  readonly where?: string | undefined;
  /** what to do about it, in the imperative: "check the path" */
  readonly fix?: string | undefined;
}

/** Maximum characters of a message part, the maximum path length of common systems. */
const maxPart = 4096;

/** A failure with a one-line message: what happened, where, and what to do. */
export class MpaError extends Error {
  override readonly name = "MpaError";
  readonly code: ErrorCode;
  /** the message without place and remedy, for an error that adds to this one */
  readonly what: string;
  /** the remedy alone */
  readonly fix: string | undefined;

  /** Writes "what (where). Fix: fix". The parts are escaped, since pieces of them may come from files. */
  constructor(code: ErrorCode, what: string, { where, fix, ...options }: ErrorDetails = {}) {
    const place = where ? ` (${escaped(where, maxPart)})` : "";
    const remedy = fix ? `. Fix: ${escaped(fix, maxPart)}` : "";
    super(`${escaped(what, maxPart)}${place}${remedy}`, options);
    this.code = code;
    this.what = what;
    this.fix = fix;
  }

  get exitCode(): 1 | 2 {
    return errorCodes[this.code];
  }
}

/** The one-line message of any thrown value. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ").trim();
}

/** Maximum characters of an excerpt. */
const maxExcerpt = 80;

/** The beginning of an untrusted text for a message, in quotes and on one line. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, 2 * maxExcerpt)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return `"${line.length > maxExcerpt || text.length > 2 * maxExcerpt ? `${line.slice(0, maxExcerpt)}…` : line}"`;
}

/** Whether an error is an `MpaError` of this code. */
export const isFailure = (error: unknown, code: ErrorCode): error is MpaError =>
  error instanceof MpaError && error.code === code;

/** Throws INTERRUPTED if the signal is aborted; `what` describes the progress: "stopped after 3 faces". */
export function throwIfStopped(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new MpaError("INTERRUPTED", what);
}
