/** Hard prompts t*_c (docs/method.md, Text features): three templates of class name and descriptions. */
import { z } from "zod";
import { checkClassNames } from "../data/classNames.ts";
import { isSameClass } from "../data/expressionNames.ts";
import { MpaError } from "../platform/errors.ts";
import { isPlainText, quoted } from "../platform/quote.ts";
import { recordOf } from "../platform/recordSchema.ts";

export const hardPromptConfigurations = [1, 2, 3] as const;
export type HardPromptConfiguration = (typeof hardPromptConfigurations)[number];

/** Phrases that describe the expression, by class name. */
export type Descriptions = Readonly<Record<string, readonly string[]>>;

const templates: Readonly<Record<HardPromptConfiguration, (name: string, phrases: string) => string>> = {
  1: (name) => `a photo of ${name}`,
  2: (name) => `a photo of a person making a facial expression of ${name}`,
  3: (name, phrases) => `a photo of a person making a facial expression of ${name}, ${phrases}`,
};

/** Place of the class name in a template of the user's own. */
const classPlace = "{class}";
/** Place of the class's phrases, joined with commas. */
const phrasesPlace = "{description}";

/** Fault of a template such as "a photo of a {class}, a type of bird"; undefined if it is valid. */
export function templateFault(template: string): string | undefined {
  if (!template.includes(classPlace)) return `has no ${classPlace}, where the name of each class goes`;
  const other = [...template.matchAll(/\{[^{}]*\}/g)].find(([each]) => each !== classPlace && each !== phrasesPlace);
  if (other !== undefined) return `has ${quoted(other[0])}, but only ${classPlace} and ${phrasesPlace} are filled in`;
  if (template.length > maxPhrase) return `has more than ${maxPhrase} letters`;
  return isPlainText(template) ? undefined : "has a control character or a line break";
}

/** The prompt of a class from a template. Filled in at once, as a name or phrase may contain the name of a place. */
const filledIn = (template: string, name: string, phrases: string): string =>
  template.replaceAll(/\{class\}|\{description\}/g, (place) => (place === classPlace ? name : phrases));

/** Whether every class has a description, as configuration 3 requires. */
export const haveDescriptions = (classes: readonly string[], descriptions: Descriptions): boolean =>
  classes.every((name) => phrasesOf(descriptions, name).length > 0);

/** Phrases of a class, also under another name of the same expression ("happy" for happiness); empty if there are none. */
export function phrasesOf(descriptions: Descriptions, name: string): readonly string[] {
  // A class may have the name of a property that every object inherits.
  if (Object.hasOwn(descriptions, name)) return descriptions[name];
  const other = Object.keys(descriptions).find((each) => isSameClass(each, name));
  return other === undefined ? [] : descriptions[other];
}

/**
 * The hard prompt of each class, from the configuration's template or, if given, from `template`. Throws CONFIG if a class lacks the
 * description that the template requires, or if `template` is invalid.
 */
export function hardPrompts(
  configuration: HardPromptConfiguration,
  classes: readonly string[],
  descriptions: Descriptions,
  template?: string,
): readonly string[] {
  const fault = template === undefined ? undefined : templateFault(template);
  if (fault !== undefined) throw new MpaError("CONFIG", `the template ${fault}`, { fix: "correct --template" });
  const needsPhrases = template?.includes(phrasesPlace) ?? configuration === 3;
  return classes.map((name) => {
    const phrases = phrasesOf(descriptions, name);
    if (needsPhrases && phrases.length === 0) {
      throw new MpaError("CONFIG", `no description of class ${quoted(name)}`, {
        fix: `add it with --descriptions or use ${template === undefined ? "--hard-prompt 2" : `a template without ${phrasesPlace}`}`,
      });
    }
    const joined = phrases.join(", ");
    return template === undefined ? templates[configuration](name, joined) : filledIn(template, name, joined);
  });
}

/** Maximum characters of a phrase; the text encoder takes 77 tokens. */
const maxPhrase = 1000;
/** Maximum phrases of a class. */
const maxPhrases = 100;

const phrase = z
  .string()
  .trim()
  .min(1)
  .max(maxPhrase)
  .refine(isPlainText, "a phrase has a control character or a line break");
const phraseList = z.union([phrase.transform((text) => [text]), z.array(phrase).min(1).max(maxPhrases)], {
  error: `must be a phrase, or a list of up to ${maxPhrases} phrases of up to ${maxPhrase} letters`,
});
const descriptionsSchema = recordOf(phraseList);

/** Format of the files that `describe` writes: descriptions with their provenance. */
export const descriptionsFormat = "mpa-fer-descriptions/1";
const documentSchema = z.looseObject({ format: z.literal(descriptionsFormat), descriptions: z.unknown().optional() });

/** Validates a descriptions file: an object of class → phrases, or the output of `describe`. Throws CONFIG. */
export function parseDescriptions(json: unknown, where: string): Descriptions {
  const document = documentSchema.safeParse(json);
  const result = descriptionsSchema.safeParse(document.success ? document.data.descriptions : json);
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    const [name] = path;
    const what = name === undefined ? message : `${quoted(String(name))}: ${message}`;
    throw new MpaError("CONFIG", `${where}: ${what}`, { fix: "write class → phrases" });
  }
  checkClassNames(Object.keys(result.data), "CONFIG", where);
  return result.data;
}

/** A visible sign of a facial action. */
interface Sign {
  readonly phrase: string;
  /** action units by their FACS numbers */
  readonly units: readonly number[];
}

const sign = (phrase: string, ...units: number[]): Sign => ({ phrase, units });

/**
 * Visible signs of the eight expressions, the default descriptions of configuration 3. Each phrase describes an action unit
 * of the Facial Action Coding System (Ekman, Friesen & Hager 2002) that EMFACS assigns to the expression; the unit is listed
 * so that it can be checked. A neutral face has no action units. Happiness follows the paper's example ("A smiling mouth,
 * raised cheeks, wrinkled eyes") without its arched eyebrows, which FACS does not list for happiness.
 */
export const facialActions: Readonly<Record<string, readonly Sign[]>> = {
  neutral: [
    sign("relaxed eyebrows"),
    sign("a smooth forehead"),
    sign("a relaxed closed mouth"),
    sign("no visible muscle tension"),
  ],
  happiness: [
    sign("lip corners pulled up", 12),
    sign("raised cheeks", 6),
    sign("wrinkles around the eyes", 6),
    sign("lips parted over the upper teeth", 25),
  ],
  surprise: [
    sign("raised eyebrows", 1, 2),
    sign("horizontal wrinkles across the forehead", 1, 2),
    sign("raised upper eyelids", 5),
    sign("a dropped jaw with parted lips", 25, 26),
  ],
  sadness: [
    sign("inner corners of the eyebrows raised", 1),
    sign("eyebrows drawn together", 4),
    sign("lip corners pulled down", 15),
    sign("chin raised", 17),
  ],
  anger: [
    sign("eyebrows lowered and drawn together", 4),
    sign("raised upper eyelids", 5),
    sign("tightened lower eyelids", 7),
    sign("lips tightened and pressed together", 23, 24),
  ],
  disgust: [
    sign("a wrinkled nose", 9),
    sign("a raised upper lip", 10),
    sign("lip corners pulled down", 15),
    sign("a lower lip pushed up", 17),
  ],
  fear: [
    sign("eyebrows raised and drawn together", 1, 2, 4),
    sign("raised upper eyelids", 5),
    sign("tensed lower eyelids", 7),
    sign("lips stretched horizontally", 20),
    sign("parted lips", 25),
  ],
  contempt: [
    sign("one lip corner tightened", 14),
    sign("one lip corner raised", 12),
    sign("an asymmetric mouth", 12, 14),
  ],
};

/** Default descriptions of the eight expressions. */
export const defaultDescriptions: Descriptions = Object.fromEntries(
  Object.entries(facialActions).map(([name, signs]) => [name, signs.map((each) => each.phrase)]),
);
