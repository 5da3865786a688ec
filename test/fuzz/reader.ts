/** Interface of the readers that are fuzzed. */
import type fc from "fast-check";
import type { Extreme } from "./extremes.ts";

/** A valid file. */
export interface Seed {
  /** path in the reader's folder */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface OpenReader {
  readonly seeds: readonly Seed[];
  /** words of the format, which mutations insert */
  readonly tokens: readonly string[];
  /** generator of files by the format's grammar, beside the mutated ones */
  readonly generated?: { readonly file: string; readonly bytes: fc.Arbitrary<Uint8Array> };
  /** extreme kinds of files: each is tried once at its maximum and occasionally smaller */
  readonly extremes?: readonly Extreme[];
  /** Reads the folder, in which one file has been mutated. May throw `MpaError` only. */
  read(changed: Seed): Promise<unknown>;
}

export interface Reader {
  readonly name: string;
  /** Writes the files around the seeds into the empty folder; the fuzzer writes the seeds. */
  open(folder: string): Promise<OpenReader>;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
