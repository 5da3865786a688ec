import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadTokenizer } from "../backbone.node.ts";
import { openaiTokenizerFiles, openaiVocabularySize } from "./tokenizer.node.ts";

it("creates the files of OpenAI's tokenizer", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-tokenizer-"));
  for (const [name, content] of Object.entries(await openaiTokenizerFiles()))
    await writeFile(join(folder, name), content);
  const tokenizer = await loadTokenizer(folder);
  expect(tokenizer.vocabularySize).toBe(openaiVocabularySize);
  expect({ sot: tokenizer.sot, eot: tokenizer.eot, pad: tokenizer.pad }).toEqual({
    sot: 49406,
    eot: 49407,
    pad: 49407,
  });
  expect(tokenizer.encode("a photo of a cat!")).toEqual([320, 1125, 539, 320, 2368, 256]);
  await rm(folder, { recursive: true });
});
