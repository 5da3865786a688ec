/** Hard prompts t*_c (docs/method.md, Text features): three configurations of a template, the class name and descriptions. */
import { z } from "zod";
import { MpaError } from "../errors.ts";

export type HardPromptConfiguration = 1 | 2 | 3;

/** class → phrases that describe the expression */
export type Descriptions = Readonly<Record<string, readonly string[]>>;

const templates: Readonly<Record<HardPromptConfiguration, (name: string, phrases: string) => string>> = {
  1: (name) => `a photo of ${name}`,
  2: (name) => `a photo of a person making a facial expression of ${name}`,
  3: (name, phrases) => `a photo of a person making a facial expression of ${name}, ${phrases}`,
};

/** Whether configuration 3 can be had: every class has a description. */
export const hardPromptsDescribe = (classes: readonly string[], descriptions: Descriptions): boolean =>
  classes.every((name) => Object.hasOwn(descriptions, name) && descriptions[name].length > 0);

/** The hard prompt of each class. Throws CONFIG if configuration 3 lacks a class's description. */
export function hardPrompts(
  configuration: HardPromptConfiguration,
  classes: readonly string[],
  descriptions: Descriptions,
): readonly string[] {
  return classes.map((name) => {
    // A class may be called as something that every object has.
    const phrases = Object.hasOwn(descriptions, name) ? descriptions[name] : [];
    if (configuration === 3 && phrases.length === 0) {
      throw new MpaError(
        "CONFIG",
        `no description of class ${name}`,
        undefined,
        "add it with --descriptions or use --hard-prompt 2",
      );
    }
    return templates[configuration](name, phrases.join(", "));
  });
}

const phrase = z.string().trim().min(1);
const descriptionsSchema = z.record(z.string(), z.union([phrase.transform((text) => [text]), z.array(phrase).min(1)]));

/** What `describe` writes: the phrases, under the record of where they come from. */
export const descriptionsFormat = "mpa-fer-descriptions/1";
const documentSchema = z.looseObject({ format: z.literal(descriptionsFormat), descriptions: z.unknown() });

/** Checks a parsed descriptions file: an object of class → phrases, or what `describe` writes. Throws CONFIG. */
export function parseDescriptions(json: unknown, where: string): Descriptions {
  const document = documentSchema.safeParse(json);
  const result = descriptionsSchema.safeParse(document.success ? document.data.descriptions : json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new MpaError(
      "CONFIG",
      `${where}: ${issue.path.join(".")}: ${issue.message}`,
      undefined,
      "write class → phrases",
    );
  }
  return result.data;
}
