import { join } from "node:path";
import { MpaError } from "../errors.ts";
import { readText } from "../files.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { openTokenizer, type TextSource } from "./tokenizerTexts.ts";

/** The tokenizer of a backbone folder. Fails with `TOKENIZER` where its files are missing or malformed. */
export const loadTokenizer = (folder: string): Promise<Tokenizer> => openTokenizer(folderTexts(folder));

/** The texts of a backbone folder. Reading fails with `TOKENIZER` for a file that is there and cannot be read. */
export const folderTexts = (folder: string): TextSource => ({
  where: (name) => (name === "" ? folder : join(folder, name)),
  read: (name) => readIfThere(join(folder, name)),
});

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readText(file, "TOKENIZER");
  } catch (error) {
    if (error instanceof MpaError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
