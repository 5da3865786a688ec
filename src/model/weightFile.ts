/** Frozen weights in a safetensors file: read once for their hash and their sanity, and left where they are. */
import { createHash } from "node:crypto";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MpaError, messageOf } from "../errors.ts";
import { finiteScan } from "./finiteScan.ts";
import { readAt } from "./readAt.ts";
import {
  decodeFloats,
  headerLength,
  lengthBytes,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors.ts";
import { rememberHash, verifiedHash } from "./verifiedFiles.ts";
import { entryOf, type Weights } from "./weights.ts";

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
    const length = headerLength(await readAt(file, 0, Math.min(lengthBytes, size)), size, path);
    const header = parseHeader(await readAt(file, lengthBytes, length), size, path);
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
    return await open(path, "r");
  } catch (error) {
    throw new MpaError("NOT_FOUND", `cannot read ${path}`, messageOf(error), "name a folder with model.safetensors", {
      cause: error,
    });
  }
}
