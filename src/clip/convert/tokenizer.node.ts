/** Tokenizer of a converted model: the files beside its weights, or OpenAI's, which the package contains. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { MpaError } from "../../platform/errors.ts";
import { readText } from "../../platform/files.node.ts";
import { packageFile } from "../../platform/package.node.ts";
import { byteSymbols, type Tokenizer, wordEnd } from "../tokenizer/tokenizer.ts";
import { openTokenizer, parseMerges } from "../tokenizer/tokenizerFile.ts";

/** Content by file name. */
export type TextFiles = Readonly<Record<string, string>>;

/** A tokenizer and its files. */
export interface ConvertedTokenizer {
  readonly files: TextFiles;
  readonly tokenizer: Tokenizer;
}

/**
 * Opens the tokenizer in `folder`, or OpenAI's if there is none. Throws TOKENIZER if its files are malformed or its ids exceed
 * the vocabulary size.
 */
export async function tokenizerFor(vocabulary: number, folder: string): Promise<ConvertedTokenizer> {
  const found = await filesBeside(folder);
  const files = "tokenizer.json" in found || "vocab.json" in found ? found : await openaiFilesFor(vocabulary, folder);
  const tokenizer = await openTokenizer({
    where: (name) => (name === "" ? folder : join(folder, name)),
    read: async (name) => (Object.hasOwn(files, name) ? files[name] : undefined),
  });
  if (tokenizer.largestId < vocabulary) return { files, tokenizer };
  const what = `the tokenizer has tokens up to ${tokenizer.largestId} for ${vocabulary} embeddings`;
  throw new MpaError("TOKENIZER", what, { where: folder, fix: "put the model's own tokenizer beside the weights" });
}

const names = ["tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"];

async function filesBeside(folder: string): Promise<TextFiles> {
  const present = (await readdir(folder)).filter((name) => names.includes(name));
  return Object.fromEntries(
    await Promise.all(present.map(async (name) => [name, await readText(join(folder, name), "TOKENIZER")] as const)),
  );
}

async function openaiFilesFor(vocabulary: number, folder: string): Promise<TextFiles> {
  if (vocabulary === openaiVocabularySize) return await openaiTokenizerFiles();
  const what = `the vocabulary has ${vocabulary} entries, OpenAI's has ${openaiVocabularySize}`;
  throw new MpaError("TOKENIZER", what, {
    where: folder,
    fix: "put the model's vocab.json and merges.txt beside the weights",
  });
}

/** Vocabulary size of OpenAI's tokenizer. */
export const openaiVocabularySize = 49408;

/** Builds the files of OpenAI's tokenizer by name: `vocab.json`, `merges.txt`, `tokenizer_config.json`. */
export async function openaiTokenizerFiles(): Promise<TextFiles> {
  const file = packageFile("models/clip-tokenizer/merges.txt.gz");
  const text = gunzipSync(await readFile(file)).toString("utf8");
  const merges = parseMerges(text, file);
  const merged = merges.map(([left, right]) => left + right);
  // OpenAI numbers the printable bytes first, then the others, then all of them again with the word end.
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

/** Whether a symbol represents a non-printable byte; printable ones are Latin-1 characters and represent themselves. */
const isShifted = (symbol: string): boolean => symbol.charCodeAt(0) >= 0x100;
