/** CLIP's byte-pair tokenizer. */

import { MpaError } from "../../platform/errors.ts";
import { quoted } from "../../platform/quote.ts";
import { cleanText } from "./cleanText.ts";

/** A text as input of the text encoder. */
export interface TokenizedText {
  /** [contextLength]: SOT, tokens, EOT, padding */
  readonly ids: Int32Array;
  /** number of tokens with SOT and EOT, without padding; EOT is at length − 1 */
  readonly length: number;
  /** whether the text was too long and its last tokens were removed */
  readonly truncated: boolean;
}

/** A tokenizer. */
export interface Tokenizer {
  readonly sot: number;
  readonly eot: number;
  readonly pad: number;
  readonly vocabularySize: number;
  /** the largest id, which exceeds the size if there are gaps between the ids */
  readonly largestId: number;
  /** Returns the ids of a text without SOT, EOT and padding. */
  encode(text: string): number[];
  /** Returns the input of the text encoder; a text that is too long is truncated before its EOT. */
  tokenize(text: string, contextLength?: number): TokenizedText;
}

/** Two symbols that are merged; earlier merges of a list take precedence. */
export type Merge = readonly [left: string, right: string];

/** Vocabulary and merges of a tokenizer. */
export interface Vocabulary {
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly Merge[];
  /** default: EOT */
  readonly padToken?: string;
  /** tokens that are matched literally in a text, as Hugging Face's added tokens; the padding token always is */
  readonly addedTokens?: readonly string[];
}

const sotToken = "<|startoftext|>";
const eotToken = "<|endoftext|>";
/** Words of OpenAI's tokenizer: the two special tokens, contractions, runs of letters, single digits, runs of the rest. */
const words = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^ \p{L}\p{N}]+/giu;

/**
 * Creates CLIP's lower-case byte-pair tokenizer, equal to OpenAI's `SimpleTokenizer` (for its normalisation see `cleanText`), with the
 * full vocabulary or one reduced to the first merges. Symbols that are not in the vocabulary become EOT, as in Hugging Face's.
 * Throws TOKENIZER if the vocabulary lacks a special token or the result of a merge.
 */
export function createTokenizer(
  { vocab, merges, padToken = eotToken, addedTokens = [] }: Vocabulary,
  where?: string,
): Tokenizer {
  const idOf = (token: string): number => {
    const id = vocab.get(token);
    if (id !== undefined) return id;
    throw new MpaError("TOKENIZER", `the vocabulary has no ${quoted(token)}`, {
      where,
      fix: "restore the backbone's tokenizer files",
    });
  };
  const [sot, eot, pad] = [sotToken, eotToken, padToken].map(idOf);
  for (const [left, right] of merges) idOf(left + right);
  const largestId = [...vocab.values()].reduce((largest, id) => Math.max(largest, id), 0);
  const bytePairs = createBytePairs(merges);

  const encodeWords = (text: string): number[] =>
    (cleanText(text).match(words) ?? []).flatMap((word) => {
      if (word === sotToken) return [sot];
      if (word === eotToken) return [eot];
      return bytePairs(word).map((symbol) => vocab.get(symbol) ?? eot);
    });

  const added = new Map([padToken, ...addedTokens].map((token) => [token, idOf(token)]));
  const addedPattern = anyOf([...added.keys()]);
  const encode = (text: string): number[] =>
    text.split(addedPattern).flatMap((part) => {
      const id = added.get(part);
      return id === undefined ? encodeWords(part) : [id];
    });

  const tokenize = (text: string, contextLength = 77): TokenizedText => {
    const tokens = encode(text);
    const fitting = tokens.slice(0, contextLength - 2);
    const ids = new Int32Array(contextLength).fill(pad);
    ids.set([sot, ...fitting, eot]);
    return { ids, length: fitting.length + 2, truncated: fitting.length < tokens.length };
  };

  return { sot, eot, pad, vocabularySize: vocab.size, largestId, encode, tokenize };
}

/** Suffix of symbols at the end of a word. */
export const wordEnd = "</w>";

/** The printable character of the vocabulary for each of the 256 bytes. */
export const byteSymbols: readonly string[] = makeByteSymbols();

/** Maximum number of cached words. */
const cacheSize = 16_384;

/**
 * Creates a function that splits words into byte-pair symbols (Sennrich et al. 2016) as OpenAI's CLIP does: a word's UTF-8 bytes, the
 * last one with `</w>`, are merged in the order of `merges`. It caches words.
 */
function createBytePairs(merges: readonly Merge[]): (word: string) => readonly string[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const cache = new Map<string, readonly string[]>();
  const encoder = new TextEncoder();
  return (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const symbols = Array.from(encoder.encode(word), (byte) => byteSymbols[byte]);
    symbols[symbols.length - 1] += wordEnd;
    const merged = mergeAll(symbols, ranks);
    if (cache.size >= cacheSize) cache.clear();
    cache.set(word, merged);
    return merged;
  };
}

/** A pattern that splits a text at the tokens and includes them; the longest match takes precedence. */
function anyOf(tokens: readonly string[]): RegExp {
  const longestFirst = tokens.toSorted((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`);
}

function mergeAll(start: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let symbols = start;
  while (symbols.length > 1) {
    const best = firstPair(symbols, ranks);
    if (best === undefined) return symbols;
    symbols = mergePair(symbols, best);
  }
  return symbols;
}

function firstPair(symbols: readonly string[], ranks: ReadonlyMap<string, number>): Merge | undefined {
  let lowest = Number.POSITIVE_INFINITY;
  let best: Merge | undefined;
  for (let i = 0; i + 1 < symbols.length; i++) {
    const rank = ranks.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Number.POSITIVE_INFINITY;
    if (rank >= lowest) continue;
    lowest = rank;
    best = [symbols[i], symbols[i + 1]];
  }
  return best;
}

function mergePair(symbols: readonly string[], [left, right]: Merge): string[] {
  const out: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) out.push(left + symbols[++i]);
    else out.push(symbols[i]);
  }
  return out;
}

/** Printable Latin-1 bytes map to themselves, the others in order to U+0100 and following, so that no symbol is white space. */
function makeByteSymbols(): string[] {
  const isPrintable = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
