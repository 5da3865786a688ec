/** Frozen weights, to whose bytes in a file graphs refer, and small files whose tensors are loaded. */

import { cast, sameShape } from "../graph/ops/index.ts";
import { type ExternalData, type Shape, type Tensor, type TensorData, weight } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";
import { decodeFloats } from "./floats.ts";
import {
  headerLength,
  headerLengthSize,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors.ts";

/** An open file of frozen weights. */
export interface Weights {
  /** the file as given, for messages */
  readonly where: string;
  /** the name by which graphs refer to the file */
  readonly file: string;
  /** folder of the real file, links resolved, to which ONNX external data is relative; absent for weights in memory */
  readonly folder?: string;
  readonly sha256: string;
  readonly header: SafetensorsHeader;
  /** Reads bytes of the file. */
  bytes(range: ByteRange): Promise<Uint8Array>;
  /** Loads one small tensor in single precision. Throws WEIGHTS. */
  values(name: string): Promise<Float32Array>;
}

/** Bytes of a file, from an offset on. */
export type ByteRange = Pick<ExternalData, "offset" | "length">;

/**
 * A weight as a leaf of a graph: floats in single precision, int8 as it is. Throws WEIGHTS if it is missing or has another shape.
 */
export function weightLeaf(weights: Weights, name: string, shape: Shape, stored: Shape = shape): Tensor {
  const leaf = storedLeaf(weights, name, shape, stored);
  return leaf.dtype === "int8" ? leaf : cast(leaf, "float32");
}

/** A weight as a leaf in the type of its file. Throws WEIGHTS if it is missing or has another shape. */
export function storedLeaf(weights: Weights, name: string, shape: Shape, stored: Shape = shape): Tensor {
  const entry = entryOf(weights.header, name, weights.where);
  if (!sameShape(entry.shape, stored)) {
    const [wanted, came] = [stored.join(","), entry.shape.join(",")];
    throw new MpaError("WEIGHTS", `${weights.where}: ${name} has shape [${came}], its config asks for [${wanted}]`);
  }
  const data = { file: weights.file, offset: entry.offset, length: entry.length };
  return weight(name, { dtype: entry.dtype, shape }, data);
}

/** The entry of a tensor. Throws WEIGHTS if there is none with this name. */
export function entryOf(header: SafetensorsHeader, name: string, where: string): TensorEntry {
  const entry = header.tensors.get(name);
  if (entry === undefined) {
    throw new MpaError("WEIGHTS", `${where} has no tensor ${name}`, { fix: "name a whole CLIPModel, both encoders" });
  }
  return entry;
}

/** The same weights under the names of a `CLIPModel`; `stored` gives each tensor's name in the file. Throws WEIGHTS. */
export function renamedWeights(weights: Weights, names: readonly string[], stored: (name: string) => string): Weights {
  const tensors = new Map(names.map((name) => [name, entryOf(weights.header, stored(name), weights.where)]));
  return { ...weights, header: { ...weights.header, tensors }, values: (name) => weights.values(stored(name)) };
}

/**
 * Weights in memory: a whole safetensors file, checked and hashed as one on disk; `where` names it in errors. Throws WEIGHTS,
 * NUMERIC.
 */
export async function openWeightBytes(bytes: Uint8Array<ArrayBuffer>, file: string, where: string): Promise<Weights> {
  const header = headerOf(bytes, where);
  finiteScan(header, where)(bytes, 0);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const range = ({ offset, length }: ByteRange) => bytes.subarray(offset, offset + length);
  return {
    where,
    file,
    sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    header,
    bytes: async (at) => range(at),
    values: async (name) => {
      const entry = entryOf(header, name, where);
      return decodeFloats(range(entry), entry.dtype, `${where}: ${name}`);
    },
  };
}

/** Content of a small safetensors file: a checkpoint, a resume file, or initial prompts. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Decodes all tensors of a file. Throws WEIGHTS if it is malformed, NUMERIC if a value is NaN or infinite. */
export function parseTensorFile(bytes: Uint8Array, where: string): TensorFile {
  const file = decodeTensorFile(bytes, where);
  const bad = [...file.tensors].find(([, { data }]) => !data.every(Number.isFinite));
  if (bad === undefined) return file;
  throw new MpaError("NUMERIC", `${bad[0]} holds NaN or infinity`, { where, fix: "use another checkpoint" });
}

/** Decodes all tensors of a file without checking their values. Throws WEIGHTS if it is malformed. */
export function decodeTensorFile(bytes: Uint8Array, where: string): TensorFile {
  const header = headerOf(bytes, where);
  const tensors = new Map<string, TensorData>();
  for (const [name, { dtype, shape, offset, length: size }] of header.tensors) {
    const data = decodeFloats(bytes.subarray(offset, offset + size), dtype, `${where}: ${name}`);
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Creates a scan for NaN, infinity and values outside the range of single precision. It takes the chunks of the file in order, from
 * offset 0; a value may be split between two chunks. It throws NUMERIC with the name of the tensor.
 */
export function finiteScan({ tensors }: SafetensorsHeader, where: string): (chunk: Uint8Array, at: number) => void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.offset - b.offset);
  let current = 0;
  let before: Uint8Array = new Uint8Array();
  return (chunk, at) => {
    const end = at + chunk.length;
    for (; current < ordered.length; current++) {
      const [name, entry] = ordered[current];
      if (!isWhollyFinite(entry, chunk, at, before)) {
        throw new MpaError("NUMERIC", `${where}: ${name} holds NaN or infinity`, { fix: "fetch the weights again" });
      }
      if (entry.offset + entry.length > end) break;
    }
    before = chunk.slice(-widest);
  };
}

function headerOf(bytes: Uint8Array, where: string): SafetensorsHeader {
  const length = headerLength(bytes, bytes.length, where);
  return parseHeader(bytes.subarray(headerLengthSize, headerLengthSize + length), bytes.length, where);
}

/** Bit pattern of values that are not finite in single precision. */
interface FloatRule {
  /** bytes per value */
  readonly width: 2 | 4 | 8;
  /** mask of the exponent, in the upper word of the value */
  readonly mask: number;
  /** minimum masked word of a value outside the range of single precision */
  readonly min: number;
}

const widest = 8;
const rules: Readonly<Record<string, FloatRule>> = {
  float32: { width: 4, mask: 0x7f800000, min: 0x7f800000 },
  float16: { width: 2, mask: 0x7c00, min: 0x7c00 },
  bfloat16: { width: 2, mask: 0x7f80, min: 0x7f80 },
  // Graphs cast the value to single precision, whose maximum exponent is 127.
  float64: { width: 8, mask: 0x7ff00000, min: (1023 + 128) * 2 ** 20 },
};

/** Whether the tensor's values in the chunk are finite, including one that began in the previous chunk. */
function isWhollyFinite(entry: TensorEntry, chunk: Uint8Array, at: number, before: Uint8Array): boolean {
  const rule = rules[entry.dtype];
  const from = Math.max(entry.offset, at);
  const to = Math.min(entry.offset + entry.length, at + chunk.length);
  if (rule === undefined || from >= to) return true;
  const begun = (from - entry.offset) % rule.width;
  const rest = begun === 0 ? 0 : rule.width - begun;
  const cut = begun === 0 ? new Uint8Array() : Uint8Array.of(...before.slice(-begun), ...chunk.subarray(0, rest));
  return areFinite(cut, rule) && areFinite(chunk.subarray(from - at + rest, to - at), rule);
}

function areFinite(bytes: Uint8Array, { width, mask, min }: FloatRule): boolean {
  const wordWidth = width === 2 ? 2 : 4;
  // Bytes that are not aligned for the typed array are copied.
  const aligned = bytes.byteOffset % wordWidth === 0 ? bytes : Uint8Array.from(bytes);
  const count = Math.floor(bytes.length / width) * (width / wordWidth);
  const words =
    wordWidth === 4
      ? new Uint32Array(aligned.buffer, aligned.byteOffset, count)
      : new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  const stride = width / wordWidth;
  for (let i = stride - 1; i < words.length; i += stride) if ((words[i] & mask) >= min) return false;
  return true;
}
