import { createHash } from "node:crypto";
import { namedCountsText, passedOverText } from "../platform/counts.ts";
import { Random } from "../platform/random.ts";
import { Registry } from "../platform/registry.ts";
import { checkClassNames } from "./classNames.ts";
import type { LabelledSource, LoadOptions } from "./dataset.node.ts";
import { affectnet7, affectnet8 } from "./layouts/affectnet.node.ts";
import { fer2013 } from "./layouts/fer2013.node.ts";
import { ferplus } from "./layouts/ferplus.node.ts";
import { folder } from "./layouts/folder.node.ts";
import { rafdb } from "./layouts/rafdb.node.ts";
import { tellMissing } from "./missingImages.node.ts";
import type { Sample, Split, SplitName } from "./sample.ts";

/* A validation split for data sets that have none: a stratified tenth of the training images, drawn by a fixed seed. */

const heldOutShare = 0.1;
/** Not the run's: every run and every later evaluation has to hold out the same images. */
const seed = 1;

/**
 * Samples kept for training and held out for validation, both in file order. Of each class a tenth is held out, rounded, but
 * never its last image. A function of the samples' labels alone.
 */
export function holdOut(samples: readonly Sample[]): { readonly train: Sample[]; readonly valid: Sample[] } {
  const byClass = new Map<number, number[]>();
  for (const [i, { label }] of samples.entries()) {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [i]);
    else members.push(i);
  }
  const held = new Set<number>();
  for (const [label, members] of byClass) {
    const count = Math.min(members.length - 1, Math.max(1, Math.round(heldOutShare * members.length)));
    const order = new Random(seed, "held-out", label).permutation(members.length);
    for (const place of order.slice(0, count)) held.add(members[place]);
  }
  return {
    train: samples.filter((_, i) => !held.has(i)),
    valid: samples.filter((_, i) => held.has(i)),
  };
}

/** Every kind of data set that `--dataset` knows. A new kind is one file and one line here. */
export const datasets = new Registry<LabelledSource>("data set kind", /^[a-z][\w-]*$/, [
  ferplus,
  fer2013,
  rafdb,
  affectnet7,
  affectnet8,
  folder,
]);

/**
 * One split of the data set of kind `dataset` that lies in the folder `root`. Where a data set has no validation split, it is
 * a stratified tenth of the training images, which `train` then lacks.
 * Fails with `USAGE` for an unknown kind, with `DATASET` for names that no class may have, and as `LabelledSource.load` does.
 */
export async function loadSplit(
  dataset: string,
  root: string,
  split: SplitName,
  options: LoadOptions = {},
): Promise<Split> {
  const source = datasets.get(dataset);
  const hasSplit = source.splits === undefined || source.splits.includes("valid") || split === "test";
  if (hasSplit || (options.holdOut === false && split === "train")) return await load(source, root, split, options);
  const whole = await load(source, root, "train", options);
  return { ...whole, name: split, samples: holdOut(whole.samples)[split] };
}

/** A split as its source reads it; what it lacks is told of. */
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
 * SHA-256 in hexadecimal over a split's name, classes and, in order, each sample's file, label, target and box. It does not
 * depend on where the data lies, and does not read the images.
 */
export function hashIndex(split: Pick<Split, "name" | "classes" | "samples">): string {
  const hash = createHash("sha256");
  hash.update(`${JSON.stringify([split.name, split.classes])}\n`);
  for (const { file, label, target, box } of split.samples) {
    hash.update(`${JSON.stringify([file, label, target ?? null, box ?? null])}\n`);
  }
  return hash.digest("hex");
}
