/** The texts of a run: hard prompts, what stands behind the soft tokens, and both as tokens. */
import type { Backbone } from "../model/backbone.ts";
import { type Descriptions, type HardPromptConfiguration, hardPrompts } from "../model/hardPrompts.ts";
import { type TokenTable, tokenTable } from "../model/tokens.ts";

export interface Prepared {
  readonly texts: readonly string[];
  readonly tokens: TokenTable;
}

/** The hard prompts t*_c. Throws CONFIG where a description is missing. */
export function prepareHardPrompts(
  backbone: Backbone,
  classes: readonly string[],
  configuration: HardPromptConfiguration,
  descriptions: Descriptions,
): Prepared {
  const texts = hardPrompts(configuration, classes, descriptions);
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
