/** Images that a label file names and that are not there: counted, told of, and an error only where all of them are missing. */
import { readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { MpaError } from "../platform/errors.ts";
import type { Split } from "./sample.ts";

/** Files that are asked for at once. */
const together = 64;

/** Which of the files are missing below a folder, in their order. Each folder is listed once. */
export async function missingFiles(root: string, files: readonly string[]): Promise<string[]> {
  const listed = new Map<string, ReadonlySet<string>>();
  for (const folder of new Set(files.map((file) => posix.dirname(file)))) {
    listed.set(folder, new Set(await readdir(join(root, folder)).catch(() => [])));
  }
  const unlisted = files.filter((file) => !listed.get(posix.dirname(file))?.has(posix.basename(file)));
  // Where case does not matter a file may be there under a name that is written otherwise.
  const missing: string[] = [];
  for (let from = 0; from < unlisted.length; from += together) {
    const part = unlisted.slice(from, from + together);
    const there = await Promise.all(part.map((file) => isThere(file)));
    missing.push(...part.filter((_, i) => !there[i]));
  }
  return missing;

  async function isThere(file: string): Promise<boolean> {
    if (listed.get(posix.dirname(file))?.size === 0) return false;
    return (await stat(join(root, file)).catch(() => undefined)) !== undefined;
  }
}

/** Tells how many images of the split are missing. Throws DATASET where all of them are. */
export async function tellMissing(
  { name, root, samples }: Pick<Split, "name" | "root" | "samples">,
  notice: ((line: string) => void) | undefined,
): Promise<void> {
  const files = samples.flatMap(({ file, grey }) => (grey === undefined ? [file] : []));
  const missing = await missingFiles(root, files);
  if (missing.length === 0) return;
  if (missing.length === files.length) {
    const what = `none of the ${files.length} images of the ${name} split is there, the first ${missing[0]}`;
    throw new MpaError("DATASET", what, { where: root, fix: "unpack the images there" });
  }
  const are = missing.length === 1 ? "is" : "are";
  notice?.(`${name}: ${missing.length} of ${files.length} images ${are} missing, the first ${missing[0]}`);
}
