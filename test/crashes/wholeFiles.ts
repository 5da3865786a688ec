/** What may lie in a run folder at any moment: every file whole, or not there. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTensorFile } from "../../src/clip/weights.node.ts";
import { readPredictions } from "../../src/evaluation/predictions.ts";
import { lockName } from "../../src/platform/folderLock.node.ts";
import { readManifest } from "../../src/runs/manifest.ts";
import { readRecords } from "../../src/runs/runFolder.ts";

const checks: readonly (readonly [RegExp, (path: string) => Promise<unknown>])[] = [
  [/\.safetensors$/, readTensorFile],
  [/^run\.json$/, readManifest],
  [/^metrics\.jsonl$/, readRecords],
  [/^predictions\.csv$/, async (path) => readPredictions(await readFile(path, "utf8"), path)],
  [/\.json$/, async (path) => JSON.parse(await readFile(path, "utf8"))],
  [/\.html$/, (path) => endsWith(path, "</html>")],
  [/^table\.(md|csv)$/, (path) => endsWith(path, "")],
];

/** Reads everything below a folder as the program would. Throws for a file that is broken or that nobody knows. Gives their number. */
export async function checkWhole(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // Locks and files that are being written are nobody's records.
  const records = files.filter((path) => basename(path) !== lockName && !path.endsWith(".tmp"));
  for (const path of records) {
    const check = checks.find(([name]) => name.test(basename(path)))?.[1];
    if (check === undefined) throw new Error(`${path} is no file of a run`);
    await check(path);
  }
  return records.length;
}

async function endsWith(path: string, end: string): Promise<void> {
  const text = (await readFile(path, "utf8")).trimEnd();
  if (text === "" || !text.endsWith(end)) throw new Error(`${path} is not whole`);
}
