/** A folder's files, to a storage and back. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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

/** Brings them back; `last` comes last here too. */
export async function getFolder(storage: Storage, name: string, folder: string, last: string): Promise<void> {
  const names = await storage.list(`${name}/`);
  for (const each of names.sort((a, b) => Number(a.endsWith(`/${last}`)) - Number(b.endsWith(`/${last}`)))) {
    const bytes = await storage.get(each);
    const path = join(folder, each.slice(name.length + 1));
    if (bytes === undefined) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, bytes);
  }
}
