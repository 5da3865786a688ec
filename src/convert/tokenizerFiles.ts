/** OpenAI's tokenizer, for models that come without their own: the merges in the package, and what follows from them. */

import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { packageFile } from "../packageInfo.ts";
import { byteSymbols, wordEnd } from "../preprocess/bytePairs.ts";
import { parseMerges } from "../preprocess/tokenizerTexts.ts";

/** Entries of the vocabulary that the merges make. */
export const openaiVocabularySize = 49408;

/** Content by file name: `vocab.json`, `merges.txt`, `tokenizer_config.json`. */
export async function openaiTokenizerFiles(): Promise<Readonly<Record<string, string>>> {
  const file = packageFile("models/clip-tokenizer/merges.txt.gz");
  const text = gunzipSync(await readFile(file)).toString("utf8");
  const merges = parseMerges(text, file);
  const merged = merges.map(([left, right]) => left + right);
  // Printable bytes come first in OpenAI's numbering, then the others; each once more as the end of a word.
  const bytes = [...byteSymbols].sort((a, b) => Number(isShifted(a)) - Number(isShifted(b)));
  const symbols = [...bytes, ...bytes.map((symbol) => symbol + wordEnd), ...merged, "<|startoftext|>", "<|endoftext|>"];
  const config = {
    ...{ tokenizer_class: "CLIPTokenizer", model_max_length: 77, bos_token: "<|startoftext|>" },
    ...{ eos_token: "<|endoftext|>", unk_token: "<|endoftext|>", pad_token: "<|endoftext|>" },
  };
  return {
    "vocab.json": JSON.stringify(Object.fromEntries(symbols.map((symbol, id) => [symbol, id]))),
    "merges.txt": ["#version: 0.2", ...merges.map((pair) => pair.join(" ")), ""].join("\n"),
    "tokenizer_config.json": `${JSON.stringify(config, null, 1)}\n`,
  };
}

/** A byte that stands for itself is Latin-1; the others were moved above. */
const isShifted = (symbol: string): boolean => symbol.charCodeAt(0) >= 0x100;
