/** Safetensors files on disk: large ones with frozen weights, which are verified but not loaded, and small ones, which are. */

import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { type FileHandle, mkdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MpaError, messageOf } from "../platform/errors.ts";
import { readBytes, writeFileAtomic } from "../platform/files.node.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import { openRegular } from "../platform/regularFile.node.ts";
import { decodeFloats } from "./floats.ts";
import { headerLength, headerLengthSize, parseHeader, type SafetensorsHeader } from "./safetensors.ts";
import { type ByteRange, entryOf, finiteScan, parseTensorFile, type TensorFile, type Weights } from "./weights.ts";

/**
 * Opens a weight file: validates its header, hashes it and scans it for NaN and infinity. The latter two are skipped if `verifiedHash`
 * knows the file. Throws NOT_FOUND, WEIGHTS, NUMERIC.
 */
export async function openWeightFile(path: string): Promise<Weights> {
  const file = await openFile(path);
  try {
    const before = await file.stat({ bigint: true });
    const size = Number(before.size);
    const length = headerLength(await readAt(file, 0, Math.min(headerLengthSize, size)), size, path);
    const header = parseHeader(await readAt(file, headerLengthSize, length), size, path);
    const real = await realpath(path);
    const known = await verifiedHash(real, before);
    const sha256 = known ?? (await hashAndScan(file, header, path));
    if (known === undefined) await rememberHash(real, before, await file.stat({ bigint: true }), sha256);
    return {
      where: path,
      folder: dirname(real),
      file: basename(real),
      sha256,
      header,
      bytes: (range) => readRange(path, range),
      values: async (name) => {
        const entry = entryOf(header, name, path);
        return decodeFloats(await readRange(path, entry), entry.dtype, `${path}: ${name}`);
      },
    };
  } finally {
    await file.close();
  }
}

/** Maximum bytes of a small file. Prompts and momentum for 1,000 classes of the largest CLIP have 100 MB. */
const maxBytes = 128 * 1024 * 1024;

/** Reads a small file. Throws NOT_FOUND, WEIGHTS if it is malformed, NUMERIC if a value is NaN or infinite. */
export async function readTensorFile(path: string, max = maxBytes): Promise<TensorFile> {
  return parseTensorFile(await readTensorBytes(path, max), path);
}

/** Reads the bytes of a small file. Throws NOT_FOUND. */
export async function readTensorBytes(path: string, max = maxBytes): Promise<Uint8Array> {
  try {
    return await readBytes(path, { max });
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read ${path}`, {
      where: messageOf(cause),
      fix: "name a safetensors file",
      cause,
    });
  }
}

/** Reads `length` bytes of a file at `position`; fewer if it ends before. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Minimum bytes of a file whose hash is cached; smaller files are read quickly. */
const minBytes = 32n * 1024n * 1024n;

/** Milliseconds after a change in which a second change could have the same timestamp. */
const settledMs = 2000n;

/**
 * The cached SHA-256 of a large file that was hashed and scanned before, provided that its device, inode, size, and modification and
 * status change times (in nanoseconds) are the same. The status change time cannot be set, so every write is detected; corruption by
 * the disk is not. Undefined if there is none.
 */
export async function verifiedHash(path: string, stats: BigIntStats): Promise<string | undefined> {
  if (stats.size < minBytes) return undefined;
  try {
    const found = await readFile(recordOf(path, stats), "utf8");
    return /^[0-9a-f]{64}$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Caches the hash of a file; `before` and `after` are its status before and after it was read. */
export async function rememberHash(
  path: string,
  before: BigIntStats,
  after: BigIntStats,
  sha256: string,
): Promise<void> {
  const isSettled = BigInt(Date.now()) - after.ctimeMs > settledMs;
  if (before.size < minBytes || !isSettled || recordOf(path, before) !== recordOf(path, after)) return;
  const record = recordOf(path, after);
  try {
    await mkdir(dirname(record), { recursive: true });
    await writeFileAtomic(record, sha256);
  } catch (error) {
    // Without a writable cache the file is read again next time.
    if (!(error instanceof MpaError) && !(error instanceof Error && "code" in error)) throw error;
  }
}

function recordOf(path: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  const key = createHash("sha256").update([path, dev, ino, size, mtimeNs, ctimeNs].join("\n")).digest("hex");
  return join(userCacheFolder(), "verified", key);
}

const chunkBytes = 8 * 1024 * 1024;

/** Hashes and scans a file in one pass. Returns the SHA-256. Throws NUMERIC. */
async function hashAndScan(file: FileHandle, header: SafetensorsHeader, where: string): Promise<string> {
  const hash = createHash("sha256");
  const scan = finiteScan(header, where);
  for (let at = 0; ; ) {
    const bytes = await readAt(file, at, chunkBytes);
    if (bytes.length === 0) return hash.digest("hex");
    hash.update(bytes);
    scan(bytes, at);
    at += bytes.length;
  }
}

async function readRange(path: string, { offset, length }: ByteRange): Promise<Uint8Array> {
  const file = await openFile(path);
  try {
    return await readAt(file, offset, length);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await openRegular(path);
  } catch (error) {
    throw new MpaError("NOT_FOUND", `cannot read ${path}`, {
      where: messageOf(error),
      fix: "name a folder with model.safetensors",
      cause: error,
    });
  }
}
