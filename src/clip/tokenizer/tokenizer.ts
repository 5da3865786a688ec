/** CLIP's tokenizer: texts to ids of a byte-pair vocabulary. */

import { MpaError } from "../../platform/errors.ts";
import { quoted } from "../../platform/quote.ts";
import { cleanText } from "./cleanText.ts";

/** A text as the text tower takes it. */
export interface TokenizedText {
  /** [contextLength]: SOT, the text, EOT, pads */
  readonly ids: Int32Array;
  /** tokens with SOT and EOT, without pads: EOT stands at length − 1 */
  readonly length: number;
  /** true where the text was too long and lost its last tokens */
  readonly truncated: boolean;
}

export interface Tokenizer {
  readonly sot: number;
  readonly eot: number;
  readonly pad: number;
  readonly vocabularySize: number;
  /** the largest id; with gaps between the ids it may be more than the size */
  readonly largestId: number;
  /** The ids of a text without SOT, EOT and pads. */
  encode(text: string): number[];
  /** The ids as the text tower takes them; a text that is too long keeps its first tokens and its EOT. */
  tokenize(text: string, contextLength?: number): TokenizedText;
}

/** Two symbols that become one; the first ones of a list are merged first. */
export type Merge = readonly [left: string, right: string];

export interface Vocabulary {
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly Merge[];
  /** EOT unless set */
  readonly padToken?: string;
  /** tokens that stand for themselves wherever a text holds them, as Hugging Face's added tokens do; the pad token is one */
  readonly addedTokens?: readonly string[];
}

const sotToken = "<|startoftext|>";
const eotToken = "<|endoftext|>";
/** The words of OpenAI's tokenizer: the two special tokens, contractions, runs of letters, single digits, runs of the rest. */
const words = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^ \p{L}\p{N}]+/giu;

/**
 * CLIP's lower-casing byte-pair tokenizer, equal to OpenAI's `SimpleTokenizer` (its clean-up: see `cleanText`), for the full
 * vocabulary or one reduced to the first merges. A symbol that a reduced vocabulary lacks becomes EOT, as in Hugging Face's.
 * Throws TOKENIZER where the vocabulary lacks a special token or the result of a merge.
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

/** Marks the end of a word in the symbols of the vocabulary. */
export const wordEnd = "</w>";

/** The printable character of the vocabulary for each of the 256 bytes. */
export const byteSymbols: readonly string[] = makeByteSymbols();

/** Words whose symbols are cached. */
const cacheSize = 16_384;

/**
 * A function that splits words into the symbols of a byte-pair vocabulary (Sennrich et al. 2016) as OpenAI's CLIP does: a word's
 * UTF-8 bytes, the last one marked with `</w>`, merged in the order of `merges`. It caches the latest words.
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

/** A pattern that splits a text at any of the tokens and keeps them; the longest of those that match counts. */
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

/** Printable Latin-1 stands for itself; the other bytes, in order, are U+0100 and following: none may be white space. */
function makeByteSymbols(): string[] {
  const isPrintable = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
