/**
 * Large weight files that were hashed and scanned before are not read through again while they stay what they were: the same
 * device, inode, size, and times of content and of status to the nanosecond. The status time cannot be set from outside, so
 * a file that was written to since is read again. What the disk itself spoils goes unseen.
 */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MpaError } from "../errors.ts";
import { writeFileAtomic } from "../files.ts";
import { userCacheFolder } from "../folders.ts";

/** Smaller files are read through in no time. */
const leastBytes = 32n * 1024n * 1024n;

/** Within this time of a change another one could bear the same time. */
const settledMs = 2000n;

/** The file's sha256 as it was found before; undefined where it has to be read. */
export async function verifiedHash(path: string, stats: BigIntStats): Promise<string | undefined> {
  if (stats.size < leastBytes) return undefined;
  try {
    const found = await readFile(recordOf(path, stats), "utf8");
    return /^[0-9a-f]{64}$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a file that was read through; `before` and `after` are its status around the reading. */
export async function rememberHash(
  path: string,
  before: BigIntStats,
  after: BigIntStats,
  sha256: string,
): Promise<void> {
  const isSettled = BigInt(Date.now()) - after.ctimeMs > settledMs;
  if (before.size < leastBytes || !isSettled || recordOf(path, before) !== recordOf(path, after)) return;
  const record = recordOf(path, after);
  try {
    await mkdir(dirname(record), { recursive: true });
    await writeFileAtomic(record, sha256);
  } catch (error) {
    // A home that cannot be written to costs a second reading next time, nothing else.
    if (!(error instanceof MpaError) && !(error instanceof Error && "code" in error)) throw error;
  }
}

function recordOf(path: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  const key = createHash("sha256").update([path, dev, ino, size, mtimeNs, ctimeNs].join("\n")).digest("hex");
  return join(userCacheFolder(), "verified", key);
}
