import { Registry } from "../registry.ts";
import { affectnet7, affectnet8 } from "./affectnet.ts";
import { ferplus } from "./ferplus.ts";
import { folder } from "./folder.ts";
import { holdOut } from "./heldOut.ts";
import { rafdb } from "./rafdb.ts";
import type { Split, SplitName } from "./sample.ts";
import type { LabelledSource, LoadOptions } from "./source.ts";

/** Every kind of data set that `--dataset` knows. A new kind is one file and one line here. */
export const datasets = new Registry<LabelledSource>("data set kind", /^[a-z][\w-]*$/, [
  ferplus,
  rafdb,
  affectnet7,
  affectnet8,
  folder,
]);

/**
 * One split of the data set of kind `dataset` that lies in the folder `root`. Where a data set has no validation split, it is
 * a stratified tenth of the training images, which `train` then lacks.
 * Fails with `USAGE` for an unknown kind and as `LabelledSource.load` does.
 */
export async function loadSplit(
  dataset: string,
  root: string,
  split: SplitName,
  options: LoadOptions = {},
): Promise<Split> {
  const source = datasets.get(dataset);
  const hasSplit = source.splits === undefined || source.splits.includes("valid") || split === "test";
  if (hasSplit || (options.holdOut === false && split === "train")) return source.load(root, split, options);
  const whole = await source.load(root, "train", options);
  return { ...whole, name: split, samples: holdOut(whole.samples)[split] };
}
