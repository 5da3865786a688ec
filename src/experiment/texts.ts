/** The texts of a run: hard prompts, what stands behind the soft tokens, and both as tokens. */
import { readFile } from "node:fs/promises";
import { MpaError, messageOf } from "../errors.ts";
import type { Backbone } from "../model/backbone.ts";
import { defaultDescriptions } from "../model/descriptions.ts";
import {
  type Descriptions,
  type HardPromptConfiguration,
  hardPrompts,
  parseDescriptions,
} from "../model/hardPrompts.ts";
import { type TokenTable, tokenTable } from "../model/tokens.ts";

export interface Prepared {
  readonly texts: readonly string[];
  readonly tokens: TokenTable;
}

/** The hard prompts t*_c. Throws CONFIG where a description is missing or its file malformed. */
export async function prepareHardPrompts(
  backbone: Backbone,
  classes: readonly string[],
  configuration: HardPromptConfiguration,
  descriptionsFile: string | undefined,
): Promise<Prepared> {
  const texts = hardPrompts(configuration, classes, await readDescriptions(descriptionsFile));
  return { texts, tokens: tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength) };
}

/** The soft prompts' tokens: M places, then each class's text. */
export function prepareSoftPrompts(backbone: Backbone, texts: readonly string[], places: number): Prepared {
  return { texts, tokens: tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength, places) };
}

/** One line a text that lost tokens. */
export const truncationWarnings = (...prepared: readonly (Prepared | undefined)[]): string[] =>
  [...new Set(prepared.flatMap((each) => each?.tokens.truncated ?? []))].map(
    (text) => `text too long, cut to its first tokens: "${text}"`,
  );

async function readDescriptions(file: string | undefined): Promise<Descriptions> {
  if (file === undefined) return defaultDescriptions;
  try {
    return parseDescriptions(JSON.parse(await readFile(file, "utf8")), file);
  } catch (cause) {
    if (cause instanceof MpaError) throw cause;
    const what = `the descriptions cannot be read: ${messageOf(cause)}`;
    throw new MpaError("CONFIG", what, file, "write a JSON object of class → phrases", { cause });
  }
}
