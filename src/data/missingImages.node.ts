/** Missing images of a label file: counted and reported, and an error only if all are missing. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { excerpt, MpaError } from "../platform/errors.ts";
import type { Split } from "./sample.ts";

/** Lists the missing files below a folder, in their order. Each folder is listed once instead of checking every file. */
export async function missingFiles(root: string, files: readonly string[]): Promise<string[]> {
  const listed = new Set<string>();
  const spelled = new Set<string>();
  for (const folder of new Set(files.map((file) => posix.dirname(file)))) {
    for (const name of await readdir(join(root, folder)).catch(() => [])) {
      const file = folder === "." ? name : `${folder}/${name}`;
      listed.add(file);
      spelled.add(anySpelling(file));
    }
  }
  const unlisted = new Set(files.map((file) => posix.normalize(file)).filter((file) => !listed.has(file)));
  // On a case-insensitive file system a file exists under other spellings of its name.
  for (const file of unlisted) {
    if (spelled.has(anySpelling(file)) && (await isThere(join(root, file)))) unlisted.delete(file);
  }
  return files.filter((file) => unlisted.has(posix.normalize(file)));
}

/**
 * The folder below `root` that holds most of the files, as single ones may be missing in any. Throws DATASET if none holds one.
 */
export async function imageRoot(root: string, folders: readonly string[], files: readonly string[]): Promise<string> {
  let [best, fewest] = ["", files.length];
  for (const folder of folders) {
    const missing = existsSync(join(root, folder))
      ? (await missingFiles(join(root, folder), files)).length
      : files.length;
    if (missing < fewest) [best, fewest] = [folder, missing];
    if (fewest === 0) break;
  }
  if (best !== "") return join(root, best);
  const which =
    files.length === 0
      ? "the list names no image"
      : `none of the ${files.length} images, the first ${excerpt(files[0])}, is`;
  const what = files.length === 0 ? which : `${which} in ${folders.join(", ")}`;
  throw new MpaError("DATASET", what, { where: root, fix: "unpack the images there" });
}

/** Normal form of a name, equal for names that some file systems do not distinguish. */
const anySpelling = (file: string): string => file.normalize("NFC").toLowerCase();

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

/** Reports how many images of the split are missing. Throws DATASET if all are. */
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
