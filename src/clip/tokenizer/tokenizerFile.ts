/** Tokenizer files in the Hugging Face layout. */

import { z } from "zod";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { type JsonBounds, jsonBounds, parseStrictJson } from "../../platform/json.ts";
import { quoted } from "../../platform/quote.ts";
import { plainObject } from "../../platform/recordSchema.ts";
import { createTokenizer, type Merge, type Tokenizer } from "./tokenizer.ts";

/** Maximum number of added tokens, each of which is searched in every text. */
const maxAddedTokens = 1000;
/** Maximum bytes and lines of a `merges.txt`; CLIP's has 49,000 lines. */
const [maxMergesText, maxMerges] = [16 * 2 ** 20, 500_000];

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
/** Schema of token → id, validated in one pass since it is the largest object of any file. */
const vocabulary = plainObject.transform((object, context) => {
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(object)) {
    if (!isId(id)) {
      context.addIssue({ code: "custom", path: [token], message: "must be a whole number of at least 0" });
      return z.NEVER;
    }
    ids.set(token, id);
  }
  return ids;
});
const isMerge = (value: unknown): value is string | Merge =>
  typeof value === "string" ||
  (Array.isArray(value) && value.length === 2 && value.every((symbol) => typeof symbol === "string"));
/** Schema of the merges; a schema of the elements would report every invalid one. */
const mergeList = z.custom<readonly (string | Merge)[]>(
  (value) => Array.isArray(value) && value.every(isMerge),
  "must be a list of merges, two symbols each",
);
const tokenizerJson = z.object({
  added_tokens: z
    .array(z.object({ id: z.number().int().nonnegative(), content: z.string().min(1) }))
    .max(maxAddedTokens)
    .default([]),
  model: z.object({
    vocab: vocabulary,
    merges: mergeList,
  }),
});
const token = z.union([z.string().min(1), z.object({ content: z.string().min(1) })]).nullish();
const tokenizerConfig = z.object({ pad_token: token });

/** Text files of a backbone, in a folder or on a server. */
export interface TextSource {
  /** Returns the location of a file for errors; of the source itself for "". */
  where(name: string): string;
  /** Reads a file; undefined if it does not exist. */
  read(name: string): Promise<string | undefined>;
}

/**
 * Opens a backbone's tokenizer: `tokenizer.json`, else `vocab.json` with `merges.txt`; the padding token is that of
 * `tokenizer_config.json` if it has one. Throws TOKENIZER if they are missing or malformed.
 */
export async function openTokenizer(source: TextSource): Promise<Tokenizer> {
  const padToken = await readPadToken(source);
  const content = await readJson(source, "tokenizer.json", tokenizerJson, jsonBounds.tokenizer);
  if (content !== undefined) {
    const whole = source.where("tokenizer.json");
    const { model, added_tokens: added } = content;
    const { vocab } = model;
    for (const { content, id } of added) vocab.set(content, id);
    const merges = model.merges.map((merge) => (typeof merge === "string" ? parseMerge(merge, whole) : merge));
    return createTokenizer({ vocab, merges, padToken, addedTokens: added.map(({ content }) => content) }, whole);
  }
  const vocab = await readJson(source, "vocab.json", vocabulary, jsonBounds.tokenizer);
  const merges = await source.read("merges.txt");
  if (vocab === undefined || merges === undefined) {
    const what = "there is neither a tokenizer.json nor a vocab.json with its merges.txt";
    throw new MpaError("TOKENIZER", what, {
      where: source.where(""),
      fix: "copy the backbone's tokenizer files there",
    });
  }
  return createTokenizer(
    { vocab, merges: parseMerges(merges, source.where("merges.txt")), padToken },
    source.where("vocab.json"),
  );
}

/** Parses a `merges.txt` with "left right" on each line. A first line such as `#version: 0.2` is skipped. Throws TOKENIZER. */
export function parseMerges(text: string, where: string): Merge[] {
  if (text.length > maxMergesText || countLines(text) > maxMerges) {
    throw new MpaError("TOKENIZER", `there are more than ${maxMerges} merges`, { where, fix: restore });
  }
  return text
    .split(/\r?\n/)
    .filter((line, i) => line !== "" && !(i === 0 && /^"?#?\s*(bpe_simple_vocab|#?version)/.test(line)))
    .map((line) => parseMerge(line, where));
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

function parseMerge(line: string, where: string): Merge {
  const [left, right, more] = line.split(" ", 3);
  if (left && right && more === undefined) return [left, right];
  throw new MpaError("TOKENIZER", `the merge ${quoted(line)} is not two symbols`, { where, fix: restore });
}

const restore = "restore the backbone's tokenizer files";

async function readPadToken(source: TextSource): Promise<string | undefined> {
  const config = await readJson(source, "tokenizer_config.json", tokenizerConfig);
  const pad = config?.pad_token ?? undefined;
  return typeof pad === "object" ? pad.content : pad;
}

/** Reads and validates a file; undefined if it does not exist. Throws TOKENIZER. */
async function readJson<T>(
  source: TextSource,
  name: string,
  schema: z.ZodType<T>,
  bounds?: JsonBounds,
): Promise<T | undefined> {
  const text = await source.read(name);
  if (text === undefined) return undefined;
  try {
    return schema.parse(parseStrictJson(text, bounds));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? describe(cause) : messageOf(cause);
    throw new MpaError("TOKENIZER", `malformed: ${reason}`, { where: source.where(name), fix: restore, cause });
  }
}

function describe({ issues: [issue] }: z.ZodError): string {
  return `${issue.path.join(".") || "the content"}: ${issue.message}`;
}
