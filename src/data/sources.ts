import { MpaError } from "../errors.ts";
import { ferplus } from "./ferplus.ts";
import { folder } from "./folder.ts";
import type { Split, SplitName } from "./sample.ts";
import type { LabelledSource, LoadOptions } from "./source.ts";

/** Every kind of data set that `--dataset` knows. A new kind is one file and one line here. */
export const sources: readonly LabelledSource[] = [ferplus, folder];

/**
 * One split of the data set of kind `dataset` that lies in the folder `root`.
 * Fails with `USAGE` for an unknown kind and as `LabelledSource.load` does.
 */
export async function loadSplit(
  dataset: string,
  root: string,
  split: SplitName,
  options: LoadOptions = {},
): Promise<Split> {
  const source = sources.find(({ name }) => name === dataset);
  if (source === undefined) {
    const known = sources.map(({ name }) => name).join(", ");
    throw new MpaError("USAGE", `unknown data set kind "${dataset}"`, undefined, `choose one of ${known}`);
  }
  return source.load(root, split, options);
}
