import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MpaError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { openTokenizer, type TextSource } from "./tokenizerTexts.ts";

/** The tokenizer of a backbone folder. Fails with `TOKENIZER` where its files are missing or malformed. */
export const loadTokenizer = (folder: string): Promise<Tokenizer> => openTokenizer(folderTexts(folder));

/** The texts of a backbone folder. Reading fails with `TOKENIZER` for a file that is there and cannot be read. */
export const folderTexts = (folder: string): TextSource => ({
  where: (name) => (name === "" ? folder : join(folder, name)),
  read: (name) => readText(join(folder, name)),
});

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new MpaError("TOKENIZER", "the file cannot be read", file, "check its permissions", { cause });
  }
}
