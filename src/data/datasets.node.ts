import { createHash } from "node:crypto";
import { namedCountsText, passedOverText } from "../platform/counts.ts";
import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import { Registry } from "../platform/registry.ts";
import { checkClassNames } from "./classNames.ts";
import type { LabelledSource, LoadOptions } from "./dataset.node.ts";
import { foldSplit } from "./folds.ts";
import { affectnet7, affectnet8 } from "./layouts/affectnet.node.ts";
import { ckplus } from "./layouts/ckplus.node.ts";
import { dfewFolds } from "./layouts/dfew.node.ts";
import { expw } from "./layouts/expw.node.ts";
import { fer2013 } from "./layouts/fer2013.node.ts";
import { ferplus } from "./layouts/ferplus.node.ts";
import { ferv39k } from "./layouts/ferv39k.node.ts";
import { folder } from "./layouts/folder.node.ts";
import { jaffe } from "./layouts/jaffe.node.ts";
import { kdef } from "./layouts/kdef.node.ts";
import { rafdb, rafdbCompound } from "./layouts/rafdb.node.ts";
import { sfew } from "./layouts/sfew.node.ts";
import { tellMissing } from "./missingImages.node.ts";
import { onlyClasses, parseFold, withPersons } from "./part.node.ts";
import type { Sample, Split, SplitName } from "./sample.ts";

/** Share of the training images of each class, or of the persons, that is held out for validation if a data set has no validation split. */
const heldOutShare = 0.1;
/** Fixed seed of that draw, so that every run and every evaluation holds out the same images. */
const seed = 1;

/**
 * Splits the samples into training and held-out ones, both in file order. A tenth of each class is held out, rounded, at least
 * one image but never all of them; frames of a clip, and faces in one file, stay together. Where the samples name persons, a tenth of
 * the persons is held out instead, so that nobody is in both parts. Depends on the samples' labels, persons, clips and files only.
 */
export function holdOut(samples: readonly Sample[]): { readonly train: Sample[]; readonly valid: Sample[] } {
  const strata = new Map<string | number, Set<string>>();
  const seen = new Set<string>();
  for (const sample of samples) {
    const group = groupOf(sample);
    if (seen.has(group)) continue;
    seen.add(group);
    const stratum = sample.person === undefined ? sample.label : "persons";
    strata.set(stratum, (strata.get(stratum) ?? new Set()).add(group));
  }
  const held = new Set<string>();
  for (const [stratum, members] of strata) {
    const groups = [...members];
    const count = Math.min(groups.length - 1, Math.max(1, Math.round(heldOutShare * groups.length)));
    const order = new Random(seed, "held-out", stratum).permutation(groups.length);
    for (const place of order.slice(0, count)) held.add(groups[place]);
  }
  return {
    train: samples.filter((sample) => !held.has(groupOf(sample))),
    valid: samples.filter((sample) => held.has(groupOf(sample))),
  };
}

/** Images of one group are held out together. */
const groupOf = ({ person, clip, file }: Sample): string => person ?? clip ?? file;

/** Registry of the data set kinds of `--dataset`. */
export const datasets = new Registry<LabelledSource>("data set kind", /^[a-z][\w-]*$/, [
  ferplus,
  fer2013,
  rafdb,
  rafdbCompound,
  affectnet7,
  affectnet8,
  expw,
  sfew,
  ckplus,
  jaffe,
  kdef,
  ...dfewFolds,
  ferv39k,
  folder,
]);

/**
 * Loads a split of the data set of kind `dataset` in the folder `root`. If the data set has no validation split, a stratified
 * tenth of the training images is held out of `train` for it. With a fold, all three splits are made of the training images. Throws USAGE
 * for an unknown kind, DATASET for invalid class names or persons, and as `LabelledSource.load` does.
 */
export async function loadSplit(
  dataset: string,
  root: string,
  split: SplitName,
  options: LoadOptions = {},
): Promise<Split> {
  const { fold, classes } = options.part ?? {};
  const whole = await (fold === undefined ? loadWhole : loadFold)(dataset, root, split, options);
  return classes === undefined ? whole : onlyClasses(whole, classes);
}

async function loadFold(dataset: string, root: string, split: SplitName, options: LoadOptions): Promise<Split> {
  const { fold = "", foldSeed = 1, persons } = options.part ?? {};
  const parsed = parseFold(fold);
  if (parsed === undefined) throw new MpaError("CONFIG", `${fold} is not a fold`, { fix: "write 1/5 or the like" });
  const whole = await loadWhole(dataset, root, "train", { ...options, holdOut: false });
  const samples = persons === undefined ? whole.samples : await withPersons(whole.samples, persons);
  return { ...whole, name: split, samples: foldSplit(samples, { ...parsed, seed: foldSeed }, split) };
}

async function loadWhole(dataset: string, root: string, split: SplitName, options: LoadOptions): Promise<Split> {
  const source = datasets.get(dataset);
  const hasSplit = source.splits === undefined || source.splits.includes("valid") || split === "test";
  if (hasSplit || (options.holdOut === false && split === "train")) return await load(source, root, split, options);
  const whole = await load(source, root, "train", options);
  return { ...whole, name: split, samples: holdOut(whole.samples)[split] };
}

/** Loads a split from its source, with notices of skipped files, rows and missing images. */
async function load(source: LabelledSource, root: string, name: SplitName, options: LoadOptions): Promise<Split> {
  const { notice } = options;
  const split = await source.load(root, name, options);
  checkClassNames(split.classes, "DATASET", root);
  const { samples, passedOver = {}, leftOutBy } = split;
  const passed = Object.values(passedOver).reduce((sum, count) => sum + count, 0);
  const text = passedOverText(passedOver, samples.length + passed);
  if (text !== undefined) notice?.(`${name}: ${text}`);
  if (leftOutBy !== undefined) notice?.(`${name}: left out: ${namedCountsText(leftOutBy)}`);
  await tellMissing(split, notice);
  return split;
}

/**
 * Hash of a split's index: hexadecimal SHA-256 of its name, classes and, in order, each sample's file, label, target and box. It
 * depends neither on the folder of the data nor on the content of the images.
 */
export function hashIndex(split: Pick<Split, "name" | "classes" | "samples">): string {
  const hash = createHash("sha256");
  hash.update(`${JSON.stringify([split.name, split.classes])}\n`);
  for (const { file, label, target, box } of split.samples) {
    hash.update(`${JSON.stringify([file, label, target ?? null, box ?? null])}\n`);
  }
  return hash.digest("hex");
}
