import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type FoundFile, filesBelow } from "../pictures/filesBelow.node.ts";
import { countByName, countsText } from "../platform/counts.ts";
import { MpaError } from "../platform/errors.ts";
import type { LabelRule } from "./ferplusVotes.ts";
import type { Split, SplitName } from "./sample.ts";

/** What a data set may be told; a source reads only what concerns it. */
export interface LoadOptions {
  /** how FER+ votes become labels; `plurality` unless set */
  readonly labelRule?: LabelRule;
  /** false: all training images, also those that would be held out for validation */
  readonly holdOut?: boolean;
  /** hears what was read otherwise than it is written, and what was left out */
  readonly notice?: (line: string) => void;
}

/** What training on a data set starts from where the user says nothing. */
export interface TrainingDefaults {
  readonly epochs?: number;
  /** name of a sampler */
  readonly sampler?: string;
}

/**
 * One kind of data set: a layout on disk turned into samples.
 *
 * `load` reads label files and folder listings only. It fails with `DATASET` where the layout, a row or a class is
 * wrong, and names the file and line.
 */
export interface LabelledSource {
  readonly name: string;
  /** those that lie on disk, where not all three do; `load` is asked for no other */
  readonly splits?: readonly SplitName[];
  /** what training on it starts from where nothing else is said */
  readonly defaults?: TrainingDefaults;
  /** The samples of one split, in file order. */
  load(root: string, split: SplitName, options: LoadOptions): Promise<Split>;
}

/** Sorted names of the folders in `path`, hidden ones left out. Fails with `DATASET` where `path` cannot be listed. */
export function foldersIn(path: string): Promise<string[]> {
  return namesIn(path, (entry) => entry.isDirectory());
}

/** Sorted names of the files in `path`, hidden ones left out. Fails as `foldersIn` does. */
export function filesIn(path: string): Promise<string[]> {
  return namesIn(path, (entry) => entry.isFile());
}

type Kind = Pick<Dirent, "isDirectory" | "isFile">;

async function namesIn(path: string, wanted: (entry: Kind) => boolean): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(path)) {
    if (entry.name.startsWith(".")) continue;
    // data sets are often linked into place; a link counts as what it points at
    const kind = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(() => entry) : entry;
    if (wanted(kind)) names.push(entry.name);
  }
  // by code unit, so that the order is the same in every locale
  return names.sort();
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    throw new MpaError("DATASET", "the folder cannot be listed", { where: path, fix: "check --data", cause });
  }
}

/* The pictures of a folder, and what is no picture there. */

/** A folder's pictures, in order of their paths, and how many other files there are by kind. */
export interface FolderPictures {
  readonly pictures: readonly string[];
  readonly passedOver: Readonly<Record<string, number>>;
}

/** The pictures of a folder and of all folders below it. Fails as `foldersIn` does. */
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

/** Counts of several folders in one. */
export function sumCounts(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [name, count] of all.flatMap(Object.entries<number>)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** Throws DATASET where a folder of a class has no picture that is read here, and says what there is. */
export function requirePictures(name: string, { pictures, passedOver }: FolderPictures, where: string): void {
  if (pictures.length > 0) return;
  const there = Object.keys(passedOver).length === 0 ? "" : ` that is read here (${countsText(passedOver)})`;
  const fix = "add images (png, jpg, webp, bmp, gif, tiff, avif) or take the folder away";
  throw new MpaError("DATASET", `the class ${name} has no image${there}`, { where, fix });
}

/* Where a sample's picture lies. Names that a label file gives must not lead out of the folder that it lists. */

/**
 * The picture's path. Throws IMAGE where the file is a link out of the folder, or lies behind one; links to whole folders of
 * pictures, which a user makes, are followed, and so are all in data sets that no label file lists.
 */
export async function imagePath({ root, listedIn }: Pick<Split, "root" | "listedIn">, file: string): Promise<string> {
  const path = join(root, file);
  if (listedIn === undefined) return path;
  // A file that is not there is told of by who reads it.
  const [folder, target] = await Promise.all(
    [join(root, listedIn), path].map((each) => realpath(each).catch(() => "")),
  );
  if (folder === "" || target === "") return path;
  const way = relative(folder, target);
  if (way !== ".." && !way.startsWith(`..${sep}`) && way !== target) return path;
  throw new MpaError("IMAGE", `the file is a link out of ${folder}`, { where: path, fix: "copy the picture there" });
}
