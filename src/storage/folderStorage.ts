import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { MpaError, messageOf } from "../errors.ts";
import { isErrno, writeFileAtomic } from "../files.ts";
import type { Storage } from "./storage.ts";

/** Files below a folder, which is made when something is put there. */
export const folderStorage = (folder: string): Storage => ({
  get: async (name) => {
    try {
      return await readFile(join(folder, name));
    } catch (cause) {
      if (isErrno(cause, "ENOENT")) return undefined;
      throw new MpaError("NOT_FOUND", `cannot read (${messageOf(cause)})`, join(folder, name), "check it", { cause });
    }
  },
  put: async (name, bytes) => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, bytes);
  },
  list: async (prefix) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
      .filter((name) => name.startsWith(prefix))
      .sort();
  },
});
