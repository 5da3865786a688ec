/** Files of the bundled models, checked against the hashes with which they were shipped. */
import { realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { isFailure } from "../../platform/errors.ts";
import { readText } from "../../platform/files.node.ts";
import { packageFile } from "../../platform/package.node.ts";
import { type Check, compared } from "./check.ts";
import type { PublishedFile } from "./published.ts";
import { fileText, hashFile, type WeightFile } from "./weightFile.ts";

/** File in the package's `models` folder with a hash for each of its files, as `sha256sum` writes it; `npm run checksums` makes it. */
const checksumsFile = "SHA256SUMS";

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

/** Compares the files of a bundled model with the hashes with which they were shipped. Throws INTERRUPTED. */
export async function bundledChecks(
  { name, path }: WeightFile,
  found: PublishedFile,
  shipped: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<Check[]> {
  const changed: string[] = [];
  for (const [file, sha256] of shipped) {
    if (file === name) continue;
    const own = await hashFile(join(dirname(path), file), signal).catch((error: unknown) => {
      if (isFailure(error, "INTERRUPTED")) throw error;
      return undefined;
    });
    if (own?.sha256 !== sha256) changed.push(file);
  }
  const expected = shipped.get(name) ?? "none";
  return [
    compared(`SHA-256 of ${name}`, `${expected.slice(0, 16)}…, as shipped`, fileText(found), found.sha256 === expected),
    compared(
      "other bundled files",
      "as shipped",
      changed.length === 0 ? "as shipped" : `changed: ${changed.join(", ")}`,
    ),
  ];
}
