/**
 * The safetensors format: 8 bytes of header length (little endian), a JSON header of name → dtype, shape, offsets, then
 * the tensors. The header of an untrusted file is validated before any data is read.
 */

import { z } from "zod";
import type { DType, Shape } from "../graph/tensor.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { jsonBounds, parseStrictJson } from "../platform/json.ts";
import { quoted } from "../platform/quote.ts";
import { plainObject, recordOf } from "../platform/recordSchema.ts";

/** A tensor of a file. */
export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: Shape;
  /** position of the first byte in the file */
  readonly offset: number;
  /** bytes */
  readonly length: number;
}

/** A parsed header. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes of the header length at the start of the file. */
export const headerLengthSize = 8;
/** Maximum bytes of a header; the format allows 100 MiB. */
const maxHeaderBytes = jsonBounds.tensorHeader.max;
/** Maximum number of tensors; the largest CLIPs have 2,000. */
const maxTensors = 20_000;
/** Maximum axes of a tensor; weights have up to four. */
const maxAxes = 16;

const dtypes: ReadonlyMap<string, { dtype: DType; bytes: number }> = new Map([
  ["F32", { dtype: "float32", bytes: 4 }],
  ["F16", { dtype: "float16", bytes: 2 }],
  ["BF16", { dtype: "bfloat16", bytes: 2 }],
  ["F64", { dtype: "float64", bytes: 8 }],
  ["I64", { dtype: "int64", bytes: 8 }],
  ["I8", { dtype: "int8", bytes: 1 }],
]);

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(size).max(maxAxes),
  data_offsets: z.tuple([size, size]),
});
const metadataSchema = recordOf(z.string());

/** Reads the header length from the first bytes of a file. Throws WEIGHTS if it exceeds the file or the limit. */
export function headerLength(first: Uint8Array, fileLength: number, where: string): number {
  if (first.length < headerLengthSize) throw broken("is too short for a safetensors file", where);
  const length = Number(new DataView(first.buffer, first.byteOffset, headerLengthSize).getBigUint64(0, true));
  if (length > maxHeaderBytes && headerLengthSize + length <= fileLength) {
    throw broken(
      `has a header of ${Math.round(length / 2 ** 20)} MiB where ${maxHeaderBytes / 2 ** 20} are allowed`,
      where,
    );
  }
  if (headerLengthSize + length > fileLength) {
    throw broken("is truncated or not a safetensors file", where);
  }
  return length;
}

/** Parses the JSON header. Throws WEIGHTS if it is malformed, or if the tensors do not fill the file without gaps and overlaps. */
export function parseHeader(json: Uint8Array, fileLength: number, where: string): SafetensorsHeader {
  const entries = Object.entries(parse(plainObject, parseJson(json, where), where));
  if (entries.length > maxTensors) throw broken(`names more than ${maxTensors} tensors`, where);
  const start = headerLengthSize + json.length;
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of entries) {
    if (name === "__metadata__") metadata = parse(metadataSchema, value, where);
    else {
      const entry = parse(entrySchema, value, `${where}: tensor ${quoted(name)}`);
      tensors.set(name, checkedEntry(name, entry, start, where));
    }
  }
  checkCoverage(tensors, start, fileLength, where);
  return { tensors, metadata };
}

/** A tensor to write: `type` is its name in the format, such as F32, `length` is in bytes. */
export interface NewEntry {
  readonly name: string;
  readonly type: string;
  readonly shape: Shape;
  readonly length: number;
}

/** Encodes the start of a file; the tensors follow in this order without gaps. */
export function encodeHeader(entries: readonly NewEntry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let end = 0;
  const described = entries.map(({ name, type, shape, length }) => {
    end += length;
    return [name, { dtype: type, shape, data_offsets: [end - length, end] }] as const;
  });
  const header = Object.fromEntries([["__metadata__", metadata], ...described]);
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of eight keep the data aligned, as the format requires.
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(headerLengthSize + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, headerLengthSize);
  return bytes;
}

/** Encodes a safetensors file of single-precision tensors. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, { readonly shape: Shape; readonly data: Float32Array }>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries = [...tensors].map(([name, { shape, data }]) => ({
    name,
    type: "F32",
    shape,
    length: data.byteLength,
  }));
  const head = encodeHeader(entries, metadata);
  const file = new Uint8Array(entries.reduce((sum, { length }) => sum + length, head.length));
  file.set(head);
  let at = head.length;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function checkedEntry(name: string, entry: z.infer<typeof entrySchema>, start: number, where: string): TensorEntry {
  const type = dtypes.get(entry.dtype);
  if (type === undefined) {
    throw broken(`tensor ${quoted(name)} has type ${quoted(entry.dtype)}`, where, "save it as F32, F16 or BF16");
  }
  const [from, to] = entry.data_offsets;
  if (to < from || to - from !== byteLength(entry.shape, type.bytes)) {
    throw broken(
      `tensor ${quoted(name)} of shape [${entry.shape.join(",")}] does not fit its ${to - from} bytes`,
      where,
    );
  }
  return { dtype: type.dtype, shape: entry.shape, offset: start + from, length: to - from };
}

/** Bytes of a tensor; NaN if an intermediate product is not a safe integer, even if a later dimension is 0. */
function byteLength(shape: Shape, width: number): number {
  return shape.reduce((product, d) => (Number.isSafeInteger(product * d) ? product * d : Number.NaN), width);
}

function checkCoverage(tensors: ReadonlyMap<string, TensorEntry>, start: number, fileLength: number, where: string) {
  let at = start;
  for (const [name, entry] of [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length)) {
    if (entry.offset !== at) throw broken(`tensor ${quoted(name)} overlaps another or leaves a hole`, where);
    at += entry.length;
  }
  if (at !== fileLength) throw broken(`is truncated: ${at} bytes announced, ${fileLength} there`, where);
}

function parseJson(json: Uint8Array, where: string): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
    if (!text.startsWith("{")) throw new SyntaxError("it does not begin with a brace");
    return parseStrictJson(text, jsonBounds.tensorHeader);
  } catch (error) {
    throw broken(`has a header that is not JSON (${messageOf(error)})`, where);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw broken(`has a malformed header (${result.error.issues[0].message})`, where);
  return result.data;
}

const broken = (what: string, where: string, fix = "fetch or write the file again") =>
  new MpaError("WEIGHTS", `${where} ${what}`, { fix });
