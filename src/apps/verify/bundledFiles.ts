/** Files of the bundled models, and the hashes with which they were shipped. */
import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { readText } from "../../platform/files.node.ts";
import { packageFile } from "../../platform/package.node.ts";

/** File in the package's `models` folder with a hash for each of its files, as `sha256sum` writes it; `npm run checksums` makes it. */
export const checksumsFile = "SHA256SUMS";

/** SHA-256 of the files of a bundled model by name; undefined for a folder that is not one. Throws CONFIG if the list cannot be read. */
export async function shippedHashes(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  const models = packageFile("models");
  const name = relative(await realpath(models), await realpath(folder));
  if (name === "" || name.startsWith("..") || name.includes(sep)) return undefined;
  const lines = (await readText(join(models, checksumsFile), "CONFIG")).split("\n").filter((line) => line !== "");
  const hashes = lines.flatMap((line) => {
    const [hash, path] = line.split("  ");
    return path?.startsWith(`${name}/`) ? [[path.slice(name.length + 1), hash] as const] : [];
  });
  return hashes.length === 0 ? undefined : new Map(hashes);
}
