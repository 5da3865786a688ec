/** The descriptions file that `describe` writes: phrases, under the record of where they come from. */
import { existsSync } from "node:fs";
import { z } from "zod";
import type { Backbone } from "../../clip/backbone.ts";
import { type Descriptions, descriptionsFormat, hardPrompts, parseDescriptions } from "../../method/hardPrompts.ts";
import { readJson, readText, writeFileAtomic } from "../../platform/files.node.ts";

export interface Origin {
  /** language model and server, where they were asked for */
  readonly model?: string;
  readonly server?: string;
  /** ISO 8601, UTC: when it was asked, and when a person last changed it */
  readonly asked?: string;
  readonly edited?: string;
  /** what was said before each question, and the question with {class} for its class */
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

/** Reads what was written, or a plain file of class → phrases. Throws NOT_FOUND, CONFIG. */
export async function readDocument(path: string): Promise<DescriptionsDocument> {
  const json = await readJson(path, z.unknown(), "CONFIG");
  const descriptions = parseDescriptions(json, path);
  const document = documentSchema.safeParse(json);
  return { descriptions, origin: document.success ? originSchema.partial().parse(document.data) : {} };
}

/** Writes the file; what stood there is kept beside it and its path given. Throws WRITE. */
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

/* How much of a text's 77 places each description takes. */

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
