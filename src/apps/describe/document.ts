/** Descriptions file that `describe` writes: phrases with a record of their origin. */
import { existsSync } from "node:fs";
import { z } from "zod";
import type { Backbone } from "../../clip/backbone.ts";
import { type Descriptions, descriptionsFormat, hardPrompts, parseDescriptions } from "../../method/hardPrompts.ts";
import { readJson, readText, writeFileAtomic } from "../../platform/files.node.ts";

export interface Origin {
  /** language model and server, if one was queried */
  readonly model?: string;
  readonly server?: string;
  /** ISO 8601, UTC: time of the query, and of the last manual edit */
  readonly asked?: string;
  readonly edited?: string;
  /** system message, and the question with {class} in place of the class name */
  readonly instructions?: string;
  readonly question?: string;
  readonly usage?: { readonly input: number; readonly output: number };
}

export interface DescriptionsDocument {
  readonly origin: Origin;
  readonly descriptions: Descriptions;
}

const originSchema = z.object({
  ...{ model: z.string(), server: z.string(), asked: z.string(), edited: z.string() },
  ...{ instructions: z.string(), question: z.string() },
  usage: z.object({ input: z.number(), output: z.number() }),
});
const documentSchema = z.looseObject({ format: z.literal(descriptionsFormat), ...originSchema.partial().shape });

/** Reads a descriptions file, or a plain JSON file of class → phrases. Throws NOT_FOUND, CONFIG. */
export async function readDocument(path: string): Promise<DescriptionsDocument> {
  const json = await readJson(path, z.unknown(), "CONFIG");
  const descriptions = parseDescriptions(json, path);
  const document = documentSchema.safeParse(json);
  return { descriptions, origin: document.success ? originSchema.partial().parse(document.data) : {} };
}

/** Writes the file. Backs up a previous file beside it and returns the backup's path. Throws WRITE. */
export async function writeDocument(
  path: string,
  { origin, descriptions }: DescriptionsDocument,
): Promise<string | undefined> {
  const previous = `${path.replace(/\.json$/i, "")}.previous.json`;
  const had = existsSync(path);
  if (had) await writeFileAtomic(previous, await readText(path, "CONFIG"));
  const text = `${JSON.stringify({ format: descriptionsFormat, ...origin, descriptions }, null, 2)}\n`;
  await writeFileAtomic(path, text);
  return had ? previous : undefined;
}

export interface DescriptionLength {
  readonly name: string;
  readonly phrases: readonly string[];
  /** tokens of hard prompt 3 including start and end; the rest is truncated */
  readonly tokens: number;
  /** context length of the backbone's text encoder, 77 in CLIP */
  readonly room: number;
}

/** Counts the tokens of each description with the backbone's own tokenizer. */
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
