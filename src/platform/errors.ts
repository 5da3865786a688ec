import { escaped } from "./quote.ts";

/**
 * Every failure a user can cause or meet is an `MpaError`: one line, a stable code, an exit code.
 * Exit code 2 says that the call or its input was wrong, 1 that the work failed.
 */
export const errorCodes = {
  /** unknown command, option or value */
  USAGE: 2,
  /** a configuration file that does not parse or validate */
  CONFIG: 2,
  /** a file or folder that is not there */
  NOT_FOUND: 2,
  /** weights that are truncated, malformed, or do not fit their config */
  WEIGHTS: 2,
  /** a model that is not a CLIP with a ViT tower */
  MODEL: 2,
  /** tokenizer files that are missing or malformed */
  TOKENIZER: 2,
  /** a data set whose layout, labels or classes are wrong */
  DATASET: 2,
  /** an image that cannot be decoded */
  IMAGE: 2,
  /** a checkpoint that is malformed or belongs to another backbone, class order or shape */
  CHECKPOINT: 2,
  /** a plugin that cannot be loaded, or does not keep to what is asked of it */
  PLUGIN: 2,
  /** no right to what was asked for */
  ACCESS: 2,
  /** a server that cannot be reached, or whose answer is broken */
  NETWORK: 1,
  /** a runtime or provider that is not available */
  RUNTIME: 1,
  /** more tokens or money than was allowed */
  COST: 1,
  /** NaN or infinity in a weight, loss or gradient */
  NUMERIC: 1,
  /** a file that cannot be written */
  WRITE: 1,
  /** more than the memory that was allowed */
  MEMORY: 1,
  /** stopped by the user after a checkpoint */
  INTERRUPTED: 1,
  /** a broken promise of this program itself */
  INTERNAL: 1,
} as const;

/** The codes of `errorCodes`: stable, so that a program can tell failures apart. */
export type ErrorCode = keyof typeof errorCodes;

/** What an error says beside what happened. */
export interface ErrorDetails extends ErrorOptions {
  /** the file, folder, address or operator that it is about */
  readonly where?: string | undefined;
  /** what to do about it */
  readonly fix?: string | undefined;
}

/** Letters of the longest part of a message: a path of the longest that a system takes. */
const maxPart = 4096;

/** One line for the user: what happened, where, what to do. */
export class MpaError extends Error {
  override readonly name = "MpaError";
  readonly code: ErrorCode;

  /** The message is what happened, where, and what to do, with commas between; escaped, for parts of it may come from files. */
  constructor(code: ErrorCode, what: string, { where, fix, ...options }: ErrorDetails = {}) {
    const parts = [what, where, fix].filter((part) => part !== undefined && part !== "");
    super(parts.map((part) => escaped(part ?? "", maxPart)).join(", "), options);
    this.code = code;
  }

  get exitCode(): 1 | 2 {
    return errorCodes[this.code];
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ").trim();
}

/** Whether this is a failure of one kind. */
export const isFailure = (error: unknown, code: ErrorCode): error is MpaError =>
  error instanceof MpaError && error.code === code;

/** Throws INTERRUPTED where the signal is aborted; `what` says how far the work came: "stopped after 3 faces". */
export function throwIfStopped(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new MpaError("INTERRUPTED", what);
}
