/** How much of a text's 77 places each description takes. */
import type { Backbone } from "../model/backbone.ts";
import { type Descriptions, hardPrompts } from "../model/hardPrompts.ts";

export interface DescriptionLength {
  readonly name: string;
  readonly phrases: readonly string[];
  /** of hard prompt 3 with its start and end; the rest is cut off */
  readonly tokens: number;
  /** places of the backbone's text tower, 77 in CLIP */
  readonly room: number;
}

/** By the backbone's own tokenizer. */
export function descriptionLengths(
  { tokenizer, clip }: Pick<Backbone, "tokenizer" | "clip">,
  descriptions: Descriptions,
): DescriptionLength[] {
  const names = Object.keys(descriptions);
  const room = clip.config.text.contextLength;
  return hardPrompts(3, names, descriptions).map((text, i) => ({
    name: names[i],
    phrases: descriptions[names[i]],
    tokens: tokenizer.encode(text).length + 2,
    room,
  }));
}
