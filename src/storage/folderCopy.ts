/** A folder's files, to a storage and back. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../files.ts";
import { lockName } from "../folderLock.ts";
import type { Storage } from "./storage.ts";

/** Puts the files of a folder (not those below) under `name/`; `last` comes last, so that where it is the others are. */
export async function putFolder(storage: Storage, name: string, folder: string, last: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== lockName && !entry.name.endsWith(".tmp"))
    .map((entry) => entry.name);
  for (const file of files.sort((a, b) => Number(a === last) - Number(b === last))) {
    await storage.put(`${name}/${file}`, await readFile(join(folder, file)));
  }
}

/** Brings them back, and nothing that would lie below or outside of the folder; `last` comes last here too. */
export async function getFolder(storage: Storage, name: string, folder: string, last: string): Promise<void> {
  const names = (await storage.list(`${name}/`)).map((each) => each.slice(name.length + 1));
  const files = names.filter((file) => basename(file) === file && file !== ".." && file !== ".");
  await mkdir(folder, { recursive: true });
  for (const file of files.sort((a, b) => Number(a === last) - Number(b === last))) {
    const bytes = await storage.get(`${name}/${file}`);
    if (bytes !== undefined) await writeFileAtomic(join(folder, file), bytes);
  }
}
