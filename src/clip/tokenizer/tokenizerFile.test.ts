import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadTokenizer } from "../backbone.node.ts";
import { parseMerges } from "./tokenizerFile.ts";

const vocab = { a: 0, b: 1, "b</w>": 2, "ab</w>": 3, "!": 4, "<|startoftext|>": 5, "<|endoftext|>": 6 };

describe("loadTokenizer", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (name: string, content: unknown) =>
    writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));

  it("reads vocab.json with merges.txt", async () => {
    await put("vocab.json", vocab);
    await put("merges.txt", "#version: 0.2\na b</w>\n");
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encode("ab aab")).toEqual([3, 0, 3]);
    expect([tokenizer.sot, tokenizer.eot, tokenizer.pad]).toEqual([5, 6, 6]);
  });

  it.each([{ merges: ["a b</w>"] }, { merges: [["a", "b</w>"]] }])(
    "reads tokenizer.json with merges as $merges",
    async ({ merges }) => {
      const { "<|endoftext|>": id, ...rest } = vocab;
      await put("tokenizer.json", { model: { vocab: rest, merges }, added_tokens: [{ id, content: "<|endoftext|>" }] });
      await put("tokenizer_config.json", { pad_token: { content: "!" } });
      const tokenizer = await loadTokenizer(folder);
      expect([...tokenizer.tokenize("ab", 5).ids]).toEqual([5, 3, 6, 4, 4]);
    },
  );

  it("throws with the folder if there is no tokenizer", async () => {
    await put("vocab.json", vocab);
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: "TOKENIZER",
      message: `there is neither a tokenizer.json nor a vocab.json with its merges.txt (${folder}). Fix: copy the backbone's tokenizer files there`,
    });
  });

  it("throws with the name of a malformed file", async () => {
    await put("tokenizer.json", "{");
    await expect(loadTokenizer(folder)).rejects.toThrow(/^malformed: .*tokenizer\.json/);
    await put("tokenizer.json", { model: { vocab: { a: "x" }, merges: [] } });
    await expect(loadTokenizer(folder)).rejects.toThrow("malformed: model.vocab.a: ");
  });
});

const model = fileURLToPath(new URL("../../../models/faceclip-mini", import.meta.url));

describe.skipIf(!existsSync(model))("models/faceclip-mini (skipped where it is absent)", () => {
  it("encodes as OpenAI's tokenizer does with its vocabulary", async () => {
    const fixtures = new URL("../../../test/fixtures/tokenizer/mini.json", import.meta.url);
    const cases = z
      .array(z.object({ text: z.string(), ids: z.array(z.number()) }))
      .parse(JSON.parse(readFileSync(fixtures, "utf8")));
    const tokenizer = await loadTokenizer(model);
    for (const { text, ids } of cases) expect(tokenizer.encode(text)).toEqual(ids);
    expect([tokenizer.sot, tokenizer.eot, tokenizer.pad, tokenizer.vocabularySize]).toEqual([4094, 4095, 4095, 4096]);
  });
});

describe("parseMerges", () => {
  it("skips the version line but not a merge of #", () => {
    expect(parseMerges("# #\na b\n", "m")).toEqual([
      ["#", "#"],
      ["a", "b"],
    ]);
    expect(parseMerges('"bpe_simple_vocab_16e6.txt#version: 0.2\na b', "m")).toEqual([["a", "b"]]);
    expect(() => parseMerges("a b c", "m.txt")).toThrow('the merge "a b c" is not two symbols (m.txt)');
  });
});
