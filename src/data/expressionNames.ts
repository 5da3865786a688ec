/** Names and numbers of the eight expressions in the data sets. */
import { type FerClass, ferClasses } from "./sample.ts";

/** RAF-DB, basic expressions, numbers 1 … 7. */
export const rafdbClasses = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"] as const;
/** RAF-DB, compound expressions, numbers 1 … 11. */
export const rafdbCompoundClasses = [
  ...(["happily surprised", "happily disgusted", "sadly fearful", "sadly angry", "sadly surprised"] as const),
  ...(["sadly disgusted", "fearfully angry", "fearfully surprised", "angrily surprised"] as const),
  ...(["angrily disgusted", "disgustedly surprised"] as const),
];
/** AffectNet, numbers 0 … 7. */
export const affectnetClasses = [
  ...(["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"] as const),
];
/** FER2013, numbers 0 … 6. */
export const fer2013Classes = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"] as const;
/** ExpW, numbers 0 … 6. */
export const expwClasses = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"] as const;
/** CK+, numbers 1 … 7. */
export const ckplusClasses = ["anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise"] as const;
/** DFEW, numbers 1 … 7; FERV39k names the same seven. */
export const dfewClasses = ["happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear"] as const;

const synonyms: Readonly<Record<FerClass, string>> = {
  neutral: "neutrality",
  happiness: "happy joy joyful",
  surprise: "surprised astonished astonishment",
  sadness: "sad sorrow sorrowful",
  anger: "angry",
  disgust: "disgusted",
  fear: "fearful scared afraid frightened",
  contempt: "contemptuous",
};
const byName: ReadonlyMap<string, FerClass> = new Map(
  ferClasses.flatMap((name) => [name, ...synonyms[name].split(" ")].map((each) => [each, name] as const)),
);

/** Expression that a word names: anger for "Angry" and "3_angry"; undefined for any other word. */
export function expressionNamed(word: string): FerClass | undefined {
  const bare = word.normalize("NFKC").trim().toLowerCase();
  return byName.get(bare.replace(/^\d+[\s._:-]*/, "").replace(/[\s._-]*\d*$/, ""));
}

/** Whether two words name the same class: they are equal, or name the same expression. */
export const isSameClass = (a: string, b: string): boolean =>
  a === b || (expressionNamed(a) !== undefined && expressionNamed(a) === expressionNamed(b));

/** Class names of a data set, as expressions if all of them name one. */
export interface ClassReading {
  /** in the order of the given names */
  readonly classes: readonly string[];
  /** message for the user: which names were replaced, or why numbers were not */
  readonly notice?: string;
}

/** Replaces other spellings and the numbers of RAF-DB and AffectNet by expressions. Custom class names stay unchanged. */
export function readClassNames(names: readonly string[]): ClassReading {
  if (names.length > 0 && names.every((name) => /^\d+$/.test(name))) return readNumbers(names);
  const read = names.map(expressionNamed);
  const known = read.filter((name) => name !== undefined);
  // With two names for one expression, or a word that is none of the eight, the names are custom ones.
  if (known.length < names.length || new Set(known).size < names.length) return { classes: names };
  const changed = names.flatMap((name, i) => (name === known[i] ? [] : [`${name} as ${known[i]}`]));
  return { classes: known, ...(changed.length > 0 && { notice: `class folders are read as ${listed(changed)}` }) };
}

const countings = [
  { by: "RAF-DB", from: 1, classes: rafdbClasses },
  { by: "AffectNet", from: 0, classes: affectnetClasses },
] as const;

/** Reads names that are all the numbers of one data set. Subsets, and 0 … 6 of FER2013, are ambiguous. */
function readNumbers(names: readonly string[]): ClassReading {
  const numbers = names.map(Number);
  for (const { by, from, classes } of countings) {
    const read = numbers.map((number) => classes[number - from]).filter((name) => name !== undefined);
    if (names.length !== classes.length || new Set(read).size !== classes.length) continue;
    const said = names.map((name, i) => `${name} as ${read[i]}`);
    return { classes: read, notice: `class folders are read as ${by} counts: ${listed(said)}` };
  }
  const notice = "class folders are numbers that data sets count differently: rename them (anger, disgust, …)";
  return { classes: names, notice };
}

const listed = (parts: readonly string[]): string => parts.join(", ");
