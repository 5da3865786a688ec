/** Class descriptions from a file. */
import { z } from "zod";
import { readJson } from "../files.ts";
import { defaultDescriptions } from "../model/descriptions.ts";
import { type Descriptions, parseDescriptions } from "../model/hardPrompts.ts";

/** The file's descriptions; without a file those in the package. Throws NOT_FOUND, CONFIG. */
export async function readDescriptions(file: string | undefined): Promise<Descriptions> {
  if (file === undefined) return defaultDescriptions;
  return parseDescriptions(await readJson(file, z.unknown(), "CONFIG"), file);
}
