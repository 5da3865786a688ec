/** Class descriptions from a file. */
import { readFile } from "node:fs/promises";
import { MpaError, messageOf } from "../errors.ts";
import { defaultDescriptions } from "../model/descriptions.ts";
import { type Descriptions, parseDescriptions } from "../model/hardPrompts.ts";

/** The file's descriptions; without a file those in the package. Throws CONFIG. */
export async function readDescriptions(file: string | undefined): Promise<Descriptions> {
  if (file === undefined) return defaultDescriptions;
  try {
    return parseDescriptions(JSON.parse(await readFile(file, "utf8")), file);
  } catch (cause) {
    if (cause instanceof MpaError) throw cause;
    const what = `the descriptions cannot be read: ${messageOf(cause)}`;
    throw new MpaError("CONFIG", what, file, "write a JSON object of class → phrases", { cause });
  }
}
