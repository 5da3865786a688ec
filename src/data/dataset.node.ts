import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type FoundFile, filesBelow } from "../pictures/filesBelow.node.ts";
import { countByName, countsText } from "../platform/counts.ts";
import { MpaError } from "../platform/errors.ts";
import type { LabelRule } from "./ferplusVotes.ts";
import type { PartConfig } from "./part.node.ts";
import type { Split, SplitName } from "./sample.ts";

/** Options of loading a split; a source uses those that concern it. */
export interface LoadOptions {
  /** label rule of FER+ votes; `plurality` by default */
  readonly labelRule?: LabelRule;
  /** false: the training split includes the images that are otherwise held out for validation */
  readonly holdOut?: boolean;
  /** @internal the part of the data set that is read; all of it by default. Sources need not look at it */
  readonly part?: PartConfig | undefined;
  /** called with a line for each reinterpretation, such as of class names, and for what was left out */
  readonly notice?: (line: string) => void;
}

/** Defaults of training on a data set. */
export interface TrainingDefaults {
  readonly epochs?: number;
  /** name of a sampler */
  readonly sampler?: string;
}

/**
 * A kind of data set: reads a layout on disk as samples.
 *
 * `load` reads label files and folder listings only. It throws DATASET if the layout, a row or a class is invalid; the error
 * names the file and line.
 */
export interface LabelledSource {
  readonly name: string;
  /** the splits on disk if not all three exist; `load` is called for these only */
  readonly splits?: readonly SplitName[];
  readonly defaults?: TrainingDefaults;
  /** Loads a split with its samples in file order. */
  load(root: string, split: SplitName, options: LoadOptions): Promise<Split>;
}

/** Sorted names of the folders in `path`, without hidden ones. Throws DATASET if `path` cannot be listed. */
export function foldersIn(path: string): Promise<string[]> {
  return namesIn(path, (entry) => entry.isDirectory());
}

/** Sorted names of the files in `path`, without hidden ones. Throws as `foldersIn` does. */
export function filesIn(path: string): Promise<string[]> {
  return namesIn(path, (entry) => entry.isFile());
}

type Kind = Pick<Dirent, "isDirectory" | "isFile">;

async function namesIn(path: string, wanted: (entry: Kind) => boolean): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(path)) {
    if (entry.name.startsWith(".")) continue;
    // Data sets are often linked into place, so a link counts as its target.
    const kind = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(() => entry) : entry;
    if (wanted(kind)) names.push(entry.name);
  }
  // By code unit, for the same order in every locale.
  return names.sort();
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    throw new MpaError("DATASET", "the folder cannot be listed", { where: path, fix: "check --data", cause });
  }
}

/** Image files of a folder, sorted by path, and counts of its other files by kind. */
export interface FolderPictures {
  readonly pictures: readonly string[];
  readonly passedOver: Readonly<Record<string, number>>;
}

/** Lists the image files of a folder and its subfolders. Throws as `foldersIn` does. */
export async function picturesIn(path: string): Promise<FolderPictures> {
  const files = await filesBelow(path).catch((cause) => {
    throw new MpaError("DATASET", "the folder cannot be listed", { where: path, fix: "check --data", cause });
  });
  const isPicture = ({ kind }: FoundFile) => kind?.format !== undefined;
  return {
    pictures: files.filter(isPicture).map((file) => file.path),
    passedOver: countByName(files.filter((file) => !isPicture(file))),
  };
}

/** Returns the split. Throws DATASET if it has no image. */
export function requireSamples(split: Split, where: string, fix = "restore the data set's files"): Split {
  if (split.samples.length > 0) return split;
  throw new MpaError("DATASET", `the ${split.name} split has no image`, { where, fix });
}

/** Properties of a split that count the rows and the files that its source does not read; counts of 0 are dropped. */
export function notRead(counts: Partial<Record<"leftOutBy" | "passedOver", Readonly<Record<string, number>>>>) {
  const leftOutBy = withoutZeros(counts.leftOutBy);
  const passedOver = withoutZeros(counts.passedOver);
  return {
    leftOut: Object.values(leftOutBy).reduce((sum, count) => sum + count, 0),
    ...(Object.keys(leftOutBy).length > 0 && { leftOutBy }),
    ...(Object.keys(passedOver).length > 0 && { passedOver }),
  };
}

const withoutZeros = (counts: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

/** Adds up counts by name. */
export function sumCounts(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [name, count] of all.flatMap(Object.entries<number>)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** Throws DATASET if a class folder has no readable image; the error lists the files that it has instead. */
export function requirePictures(name: string, { pictures, passedOver }: FolderPictures, where: string): void {
  if (pictures.length > 0) return;
  const there = Object.keys(passedOver).length === 0 ? "" : ` that is read here (${countsText(passedOver)})`;
  const fix = "add images (png, jpg, webp, bmp, gif, tiff, avif) or take the folder away";
  throw new MpaError("DATASET", `the class ${name} has no image${there}`, { where, fix });
}

/**
 * Path of a sample's image file. Throws IMAGE if a label file names a file outside the folder that it lists, through links.
 * Links to the folder itself are followed, and so are all links in data sets without label files.
 */
export async function imagePath({ root, listedIn }: Pick<Split, "root" | "listedIn">, file: string): Promise<string> {
  const path = join(root, file);
  if (listedIn === undefined) return path;
  // A missing file is reported when it is read.
  const [folder, target] = await Promise.all(
    [join(root, listedIn), path].map((each) => realpath(each).catch(() => "")),
  );
  if (folder === "" || target === "") return path;
  const way = relative(folder, target);
  if (way !== ".." && !way.startsWith(`..${sep}`) && way !== target) return path;
  throw new MpaError("IMAGE", `the file is a link out of ${folder}`, { where: path, fix: "copy the picture there" });
}
