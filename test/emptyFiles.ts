/** Files of a data set's layout, mostly empty: readers look at names and label files only. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes files below a folder: paths alone for empty ones, or contents by path. */
export async function writeFiles(
  root: string,
  files: readonly string[] | Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const contents = Array.isArray(files)
    ? files.map((path: string): [string, string] => [path, ""])
    : Object.entries(files);
  for (const [path, content] of contents) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}
