/** Check that every file of a run folder is complete or absent. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTensorFile } from "../../src/clip/weights.node.ts";
import { readPredictions } from "../../src/evaluation/predictions.ts";
import { messageOf } from "../../src/platform/errors.ts";
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

/** Reads all files below a folder as the program does. Returns the faults: broken and unknown files. */
export async function brokenFiles(folder: string): Promise<string[]> {
  const faults: string[] = [];
  for (const path of await recordsOf(folder)) {
    const check = checks.find(([name]) => name.test(basename(path)))?.[1];
    const fault = check === undefined ? "no file of a run" : await check(path).then(() => undefined, messageOf);
    if (fault !== undefined) faults.push(`${path}: ${fault}`);
  }
  return faults;
}

/** Throws for the first fault. Returns the number of files. */
export async function checkWhole(folder: string): Promise<number> {
  const [fault] = await brokenFiles(folder);
  if (fault !== undefined) throw new Error(fault);
  return (await recordsOf(folder)).length;
}

/** Lists all files except locks and partially written ones. */
async function recordsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((path) => basename(path) !== lockName && !path.endsWith(".tmp"));
}

async function endsWith(path: string, end: string): Promise<void> {
  const text = (await readFile(path, "utf8")).trimEnd();
  if (text === "" || !text.endsWith(end)) throw new Error(`${path} is not whole`);
}
