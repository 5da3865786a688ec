/** The files of a tokenizer in the Hugging Face layout. */

import { z } from "zod";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { parseStrictJson } from "../../platform/json.ts";
import { createTokenizer, type Merge, type Tokenizer } from "./tokenizer.ts";

const ids = z.record(z.string(), z.number().int().nonnegative());
const tokenizerJson = z.object({
  added_tokens: z.array(z.object({ id: z.number().int().nonnegative(), content: z.string().min(1) })).default([]),
  model: z.object({
    vocab: ids,
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});
const token = z.union([z.string(), z.object({ content: z.string() })]).nullish();
const tokenizerConfig = z.object({ pad_token: token });

/** The text files of a backbone: in a folder, or on a server. */
export interface TextSource {
  /** The name of a file in errors; of the whole source for "". */
  where(name: string): string;
  /** The file's text; undefined where there is none. */
  read(name: string): Promise<string | undefined>;
}

/**
 * Opens a backbone's tokenizer: `tokenizer.json`, else `vocab.json` with `merges.txt`; the pad token is that of
 * `tokenizer_config.json` if it names one. Throws TOKENIZER where they are missing or malformed.
 */
export async function openTokenizer(source: TextSource): Promise<Tokenizer> {
  const padToken = await readPadToken(source);
  const content = await readJson(source, "tokenizer.json", tokenizerJson);
  if (content !== undefined) {
    const whole = source.where("tokenizer.json");
    const { model, added_tokens: added } = content;
    const vocab = new Map([...Object.entries(model.vocab), ...added.map(({ content, id }) => [content, id] as const)]);
    const merges = model.merges.map((merge) => (typeof merge === "string" ? parseMerge(merge, whole) : merge));
    return createTokenizer({ vocab, merges, padToken, addedTokens: added.map(({ content }) => content) }, whole);
  }
  const vocab = await readJson(source, "vocab.json", ids);
  const merges = await source.read("merges.txt");
  if (vocab === undefined || merges === undefined) {
    const what = "there is neither a tokenizer.json nor a vocab.json with its merges.txt";
    throw new MpaError("TOKENIZER", what, {
      where: source.where(""),
      fix: "copy the backbone's tokenizer files there",
    });
  }
  return createTokenizer(
    { vocab: new Map(Object.entries(vocab)), merges: parseMerges(merges, source.where("merges.txt")), padToken },
    source.where("vocab.json"),
  );
}

/** The merges of a `merges.txt`, "left right" in each line. A first line that begins with `#version` or is quoted is a title. */
export function parseMerges(text: string, where: string): Merge[] {
  return text
    .split(/\r?\n/)
    .filter((line, i) => line !== "" && !(i === 0 && /^"?#?\s*(bpe_simple_vocab|#?version)/.test(line)))
    .map((line) => parseMerge(line, where));
}

function parseMerge(line: string, where: string): Merge {
  const [left, right, ...rest] = line.split(" ");
  if (left && right && rest.length === 0) return [left, right];
  throw new MpaError("TOKENIZER", `the merge "${line}" is not two symbols`, {
    where,
    fix: "restore the backbone's tokenizer files",
  });
}

async function readPadToken(source: TextSource): Promise<string | undefined> {
  const config = await readJson(source, "tokenizer_config.json", tokenizerConfig);
  const pad = config?.pad_token ?? undefined;
  return typeof pad === "object" ? pad.content : pad;
}

/** The validated content, or undefined where the text is absent. */
async function readJson<T>(source: TextSource, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await source.read(name);
  if (text === undefined) return undefined;
  try {
    return schema.parse(parseStrictJson(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? describe(cause) : messageOf(cause);
    const fix = "restore the backbone's tokenizer files";
    throw new MpaError("TOKENIZER", `malformed: ${reason}`, { where: source.where(name), fix, cause });
  }
}

function describe({ issues: [issue] }: z.ZodError): string {
  return `${issue.path.join(".") || "the content"}: ${issue.message}`;
}
