/** Where a sample's picture lies. Names that a label file gives must not lead out of the folder that it lists. */
import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { MpaError } from "../errors.ts";
import type { Split } from "./sample.ts";

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
  throw new MpaError("IMAGE", `the file is a link out of ${folder}`, path, "copy the picture there");
}
