/** Frozen weights in a safetensors file: read once for their hash and their sanity, then named by graphs, never copied. */
import { createHash } from "node:crypto";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MpaError, messageOf } from "../errors.ts";
import { cast, sameShape } from "../graph/ops/index.ts";
import { type Shape, type Tensor, weight } from "../graph/tensor.ts";
import { readAt } from "./readAt.ts";
import {
  decodeFloats,
  headerLength,
  lengthBytes,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors.ts";

export interface Weights {
  /** the file as given, for messages */
  readonly where: string;
  /** folder and name of the real file, links resolved: what ONNX external data is relative to */
  readonly folder: string;
  readonly file: string;
  readonly sha256: string;
  readonly header: SafetensorsHeader;
  /** the values of one small tensor */
  values(name: string): Promise<Float32Array>;
}

const chunkBytes = 8 * 1024 * 1024;

/** Opens a weight file: header checked, hashed, and scanned for NaN and infinity. Throws NOT_FOUND, WEIGHTS, NUMERIC. */
export async function openWeights(path: string): Promise<Weights> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const length = headerLength(await readAt(file, 0, Math.min(lengthBytes, size)), size, path);
    const header = parseHeader(await readAt(file, lengthBytes, length), size, path);
    const sha256 = await hashAndScan(file, header, path);
    const real = await realpath(path);
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

/** A weight as a single-precision leaf of a graph. Throws WEIGHTS if it is missing or has another shape. */
export function weightLeaf(weights: Weights, name: string, shape: Shape, stored: Shape = shape): Tensor {
  const entry = entryOf(weights.header, name, weights.where);
  if (!sameShape(entry.shape, stored)) {
    const [wanted, came] = [stored.join(","), entry.shape.join(",")];
    throw new MpaError("WEIGHTS", `${weights.where}: ${name} has shape [${came}], its config asks for [${wanted}]`);
  }
  const data = { file: weights.file, offset: entry.offset, length: entry.length };
  return cast(weight(name, { dtype: entry.dtype, shape }, data), "float32");
}

function entryOf(header: SafetensorsHeader, name: string, where: string): TensorEntry {
  const entry = header.tensors.get(name);
  if (entry === undefined) {
    throw new MpaError("WEIGHTS", `${where} has no tensor ${name}`, undefined, "name a whole CLIPModel, both towers");
  }
  return entry;
}

async function readTensor(path: string, name: string, entry: TensorEntry): Promise<Float32Array> {
  const file = await openFile(path);
  try {
    return decodeFloats(await readAt(file, entry.offset, entry.length), entry.dtype, `${path}: ${name}`);
  } finally {
    await file.close();
  }
}

/** One pass over the file: its sha256, and no exponent of all ones (NaN or infinity) in any float. */
async function hashAndScan(file: FileHandle, { tensors }: SafetensorsHeader, where: string): Promise<string> {
  const hash = createHash("sha256");
  const ordered = [...tensors].sort(([, a], [, b]) => a.offset - b.offset);
  let at = 0;
  let current = 0;
  const { size } = await file.stat();
  while (at < size) {
    const bytes = await readAt(file, at, Math.min(chunkBytes, size - at));
    hash.update(bytes);
    while (current < ordered.length) {
      const [name, entry] = ordered[current];
      const from = Math.max(entry.offset, at);
      const to = Math.min(entry.offset + entry.length, at + bytes.length);
      if (from < to && hasNonFinite(bytes.subarray(from - at, to - at), entry.dtype)) {
        throw new MpaError("NUMERIC", `${where}: ${name} holds NaN or infinity`, undefined, "fetch the weights again");
      }
      if (entry.offset + entry.length > at + bytes.length) break;
      current++;
    }
    at += bytes.length;
  }
  return hash.digest("hex");
}

const exponents: Readonly<Record<string, { readonly mask: number; readonly bytes: 2 | 4 }>> = {
  float32: { mask: 0x7f800000, bytes: 4 },
  float16: { mask: 0x7c00, bytes: 2 },
  bfloat16: { mask: 0x7f80, bytes: 2 },
};

function hasNonFinite(bytes: Uint8Array, dtype: string): boolean {
  const rule = exponents[dtype];
  if (rule === undefined) return false;
  // Chunks start at multiples of 8 MiB and tensors at multiples of their width, so no value is cut in two;
  // a copy is made only where the bytes are not aligned for the typed array.
  const aligned = bytes.byteOffset % rule.bytes === 0 ? bytes : Uint8Array.from(bytes);
  const length = Math.floor(aligned.byteLength / rule.bytes);
  const words =
    rule.bytes === 4
      ? new Uint32Array(aligned.buffer, aligned.byteOffset, length)
      : new Uint16Array(aligned.buffer, aligned.byteOffset, length);
  const { mask } = rule;
  for (let i = 0; i < words.length; i++) if ((words[i] & mask) === mask) return true;
  return false;
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
