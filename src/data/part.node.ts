/** Parts of a data set: some of its classes, or a fold of its training images. */
import { MpaError } from "../platform/errors.ts";
import { quotedList } from "../platform/quote.ts";
import { isSameClass } from "./expressionNames.ts";
import { readMetadata } from "./metadata.node.ts";
import type { Sample, Split } from "./sample.ts";

/** Options that select a part of a data set, as commands take them. */
export interface PartConfig {
  /** names of classes; the others' images are left out */
  readonly classes?: readonly string[] | undefined;
  /** "I/K": fold I of K */
  readonly fold?: string | undefined;
  /** default 1 */
  readonly foldSeed?: number | undefined;
  /** CSV with a column `person`; without it the persons that the data set names */
  readonly persons?: string | undefined;
}

/** The part that options select; undefined for all of the data set. */
export function partOf({ classes, fold, foldSeed, persons }: PartConfig): PartConfig | undefined {
  return classes === undefined && fold === undefined ? undefined : { classes, fold, foldSeed, persons };
}

/** Pattern of a fold: three at least, for one is scored, one chooses the epoch, and the others train. */
const foldPattern = /^([1-9]\d{0,2})\/([1-9]\d{0,2})$/;

/** Parses "I/K"; undefined unless 1 ≤ I ≤ K and K ≥ 3. */
export function parseFold(text: string): { readonly fold: number; readonly of: number } | undefined {
  const found = foldPattern.exec(text);
  if (found === null) return undefined;
  const [fold, of] = [Number(found[1]), Number(found[2])];
  return fold <= of && of >= 3 ? { fold, of } : undefined;
}

/** Samples with the persons of a CSV: its first column is the image's file, a column `person` names who is in it. Throws DATASET. */
export async function withPersons(samples: readonly Sample[], file: string): Promise<Sample[]> {
  const [{ values }] = await readMetadata(
    file,
    samples.map((sample) => sample.file),
    ["person"],
  );
  const unnamed = values.indexOf("");
  if (unnamed >= 0) {
    const what = `no person for ${samples[unnamed].file} and ${values.filter((value) => value === "").length - 1} other images`;
    throw new MpaError("DATASET", what, { where: file, fix: "add a row image,person for each image" });
  }
  return samples.map((sample, i) => ({ ...sample, person: values[i] }));
}

/** The split with some of its classes, in its own order. Throws DATASET for a name that is none of them, and for fewer than two. */
export function onlyClasses(split: Split, names: readonly string[]): Split {
  const isOne = (name: string) => names.some((each) => isSameClass(each, name));
  const unknown = names.find((name) => !split.classes.some((each) => isSameClass(each, name)));
  const kept = split.classes.flatMap((name, label) => (isOne(name) ? [label] : []));
  if (unknown !== undefined || kept.length < 2) {
    const what = unknown === undefined ? "a single class leaves nothing to tell apart" : `there is no class ${unknown}`;
    throw new MpaError("DATASET", what, { where: split.root, fix: `choose from ${quotedList(split.classes)}` });
  }
  const samples = split.samples.flatMap(({ label, target, ...sample }) => {
    const own = kept.indexOf(label);
    return own < 0 ? [] : [{ ...sample, label: own, ...(target && { target: restricted(target, kept) }) }];
  });
  return { ...split, classes: kept.map((label) => split.classes[label]), samples };
}

/** The target's values of some classes, with sum 1. */
function restricted(target: readonly number[], kept: readonly number[]): number[] {
  const values = kept.map((label) => target[label]);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => (sum > 0 ? value / sum : 1 / values.length));
}
