import { MpaError } from "../errors.ts";
import { createBytePairs, type Merge } from "./bytePairs.ts";
import { cleanText } from "./cleanText.ts";

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
  /** every id is this or less; it may be more than the size where ids leave holes */
  readonly largestId: number;
  /** The ids of a text without SOT, EOT and pads. */
  encode(text: string): number[];
  /** The ids of a text as the text tower takes them; a text that is too long keeps its first tokens and its EOT. */
  tokenize(text: string, contextLength?: number): TokenizedText;
}

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
/** OpenAI's words: the two special tokens, contractions, runs of letters, single digits, runs of the rest. */
const words = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^ \p{L}\p{N}]+/giu;

/**
 * CLIP's lower-casing byte-pair tokenizer, equal to OpenAI's `SimpleTokenizer` (its clean-up: see `cleanText`), for its
 * full vocabulary or one cut to the first merges. A symbol that a cut vocabulary lacks becomes EOT, as in Hugging Face's.
 * Fails with `TOKENIZER` at `where` where the vocabulary lacks a special token or what a merge makes.
 */
export function createTokenizer(
  { vocab, merges, padToken = eotToken, addedTokens = [] }: Vocabulary,
  where?: string,
): Tokenizer {
  const idOf = (token: string): number => {
    const id = vocab.get(token);
    if (id !== undefined) return id;
    throw new MpaError("TOKENIZER", `the vocabulary has no ${token}`, where, "restore the backbone's tokenizer files");
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
    const kept = tokens.slice(0, contextLength - 2);
    const ids = new Int32Array(contextLength).fill(pad);
    ids.set([sot, ...kept, eot]);
    return { ids, length: kept.length + 2, truncated: kept.length < tokens.length };
  };

  return { sot, eot, pad, vocabularySize: vocab.size, largestId, encode, tokenize };
}

/** Splits a text at any of the tokens and keeps them; of tokens that start alike the longest counts. */
function anyOf(tokens: readonly string[]): RegExp {
  const longestFirst = tokens.toSorted((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`);
}
