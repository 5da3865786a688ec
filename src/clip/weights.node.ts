/** Frozen weights in a safetensors file: read once for their hash and their sanity, and left where they are. */

import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { type FileHandle, mkdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MpaError, messageOf } from "../platform/errors.ts";
import { readBytes, writeFileAtomic } from "../platform/files.node.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import { openRegular } from "../platform/regularFile.node.ts";
import {
  decodeFloats,
  headerLength,
  headerLengthSize,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors.ts";
import { entryOf, finiteScan, parseTensorFile, type TensorFile, type Weights } from "./weights.ts";

/* Bytes from the middle of a file. */

/** `length` bytes from `position` on, fewer where the file ends before. */
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

/*
 * Large weight files that were hashed and scanned before are not read through again while they stay what they were: the same
 * device, inode, size, and times of content and of status to the nanosecond. The status time cannot be set from outside, so
 * a file that was written to since is read again. What the disk itself spoils goes unseen.
 */

/** Smaller files are read through in no time. */
const minBytes = 32n * 1024n * 1024n;

/** Within this time of a change another one could bear the same time. */
const settledMs = 2000n;

/** The file's sha256 as it was found before; undefined where it has to be read. */
export async function verifiedHash(path: string, stats: BigIntStats): Promise<string | undefined> {
  if (stats.size < minBytes) return undefined;
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
  if (before.size < minBytes || !isSettled || recordOf(path, before) !== recordOf(path, after)) return;
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

const chunkBytes = 8 * 1024 * 1024;

/**
 * Opens a weight file: header checked, hashed, and scanned for NaN and infinity, unless that was done with this very file
 * before (`verifiedFiles.ts`). Throws NOT_FOUND, WEIGHTS, NUMERIC.
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
      values: (name) => readTensor(path, name, entryOf(header, name, path)),
    };
  } finally {
    await file.close();
  }
}

async function readTensor(path: string, name: string, entry: TensorEntry): Promise<Float32Array> {
  const file = await openFile(path);
  try {
    return decodeFloats(await readAt(file, entry.offset, entry.length), entry.dtype, `${path}: ${name}`);
  } finally {
    await file.close();
  }
}

/** One pass over the file. */
async function hashAndScan(file: FileHandle, header: SafetensorsHeader, where: string): Promise<string> {
  const hash = createHash("sha256");
  const scan = finiteScan(header, where);
  const { size } = await file.stat();
  for (let at = 0; at < size; ) {
    const bytes = await readAt(file, at, Math.min(chunkBytes, size - at));
    hash.update(bytes);
    scan(bytes, at);
    at += bytes.length;
  }
  return hash.digest("hex");
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

/* Reads a small safetensors file whole. */

/** Throws NOT_FOUND, WEIGHTS for a broken file, NUMERIC where a value is NaN or infinite. */
export async function readTensorFile(path: string, max?: number): Promise<TensorFile> {
  return parseTensorFile(await readTensorBytes(path, max), path);
}

/** The file's bytes. Throws NOT_FOUND. */
export async function readTensorBytes(path: string, max?: number): Promise<Uint8Array> {
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
