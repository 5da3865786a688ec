/** Files of a data set's layout, mostly empty: readers look at names and label files only. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes files below a folder: paths alone for empty ones, or texts by path. */
export async function writeFiles(
  root: string,
  files: readonly string[] | Readonly<Record<string, string>>,
): Promise<void> {
  const texts = Array.isArray(files)
    ? files.map((path: string): [string, string] => [path, ""])
    : Object.entries(files);
  for (const [path, text] of texts) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
