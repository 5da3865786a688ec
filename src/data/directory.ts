import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MpaError } from "../errors.ts";

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
    throw new MpaError("DATASET", "the folder cannot be listed", path, "check --data", { cause });
  }
}
