/** A reader of files from strangers, as the fuzzer sees it. */
import type fc from "fast-check";
import type { Extreme } from "./extremes.ts";

/** A file that the reader takes, whole. */
export interface Seed {
  /** its name in the reader's folder */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface OpenReader {
  readonly seeds: readonly Seed[];
  /** words of the format, put in by mutations */
  readonly tokens: readonly string[];
  /** files by the format's own grammar, beside the mutated ones */
  readonly generated?: { readonly file: string; readonly bytes: fc.Arbitrary<Uint8Array> };
  /** kinds of files that are large, deep or many of something: each is tried once at its most, and drawn smaller now and then */
  readonly extremes?: readonly Extreme[];
  /** Reads the folder, in which one file was changed, as the program would. May throw `MpaError` and nothing else. */
  read(changed: Seed): Promise<unknown>;
}

export interface Reader {
  readonly name: string;
  /** Writes what stands around the seeds into the empty folder; the seeds are written by the fuzzer. */
  open(folder: string): Promise<OpenReader>;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
