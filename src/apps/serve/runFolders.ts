/** Search for run folders in a folder. */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { runFiles } from "../../runs/runFolder.ts";

/** Maximum depth of a run folder; the cells of ablation tables are nested this deep. */
const maxDepth = 4;

/** Maximum number of folders searched. */
const maxFolders = 10_000;

/** Requires a folder of runs. Throws NOT_FOUND if it does not exist or is a file. */
export async function requireRunsFolder(root: string): Promise<void> {
  const found = await stat(root).catch((cause) => {
    throw new MpaError("NOT_FOUND", `the folder of runs cannot be read (${messageOf(cause)})`, {
      where: root,
      fix: "check --runs",
      cause,
    });
  });
  if (found.isDirectory()) return;
  throw new MpaError("NOT_FOUND", "this is no folder", { where: root, fix: "name the folder that holds runs" });
}

/** Returns the sorted paths of folders with a `run.json`; skips unreadable folders and links. */
export async function runNames(root: string): Promise<string[]> {
  const names: string[] = [];
  let folders = [""];
  let looked = 0;
  for (let depth = 0; depth <= maxDepth && folders.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of folders) {
      if (++looked > maxFolders) return names.sort();
      const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
      if (entries.some((entry) => entry.isFile() && entry.name === runFiles.manifest)) names.push(folder || ".");
      for (const entry of entries) {
        if (entry.isDirectory() && !entry.name.startsWith("."))
          below.push(folder === "" ? entry.name : `${folder}/${entry.name}`);
      }
    }
    folders = below;
  }
  return names.sort();
}

/** Version of a file that changes with its content and with the target of a link. */
export async function versionOf(path: string): Promise<string> {
  const found = await Promise.all([realpath(path), stat(path)]).catch(() => undefined);
  if (found === undefined) return "";
  const [real, { ino, size, mtimeMs, ctimeMs }] = found;
  return [real, ino, size, mtimeMs, ctimeMs].join();
}
