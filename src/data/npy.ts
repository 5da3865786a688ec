import { MpaError } from "../platform/errors.ts";

/** NumPy files with a single value, as AffectNet stores labels: a number, or a string with one. */

const magic = "\u0093NUMPY";

/** Reads the value. Throws DATASET for any other file or number of values. */
export function npyScalar(bytes: Uint8Array, where: string): number {
  const latin = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  if (bytes.length < start || latin(0, 6) !== magic) throw broken("this is no NumPy file", where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = start + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = latin(start, Math.min(end, bytes.length));
  const type = header.match(/'descr':\s*'([<|=])([a-zA-Z])(\d+)'/);
  const shape = header.match(/'shape':\s*\(([\d, ]*)\)/)?.[1];
  if (type === null || shape === undefined || !/^(1?,?\s*)?$/.test(shape))
    throw broken("it holds no single value", where);
  const [, , kind, size] = type;
  const read = readers[`${kind}${kind === "U" || kind === "S" ? "" : size}`];
  const length = kind === "U" ? 4 * Number(size) : Number(size);
  if (read === undefined || end + length > bytes.length) throw broken(`it holds no number (${kind}${size})`, where);
  const value = read(view, end, length);
  if (Number.isFinite(value)) return value;
  throw broken("it holds no number", where);
}

/** Reader for a type code and item size; strings end at their first zero. */
const readers: Readonly<Record<string, (view: DataView, at: number, length: number) => number>> = {
  U: (view, at, length) => word(length / 4, (i) => view.getUint32(at + 4 * i, true)),
  S: (view, at, length) => word(length, (i) => view.getUint8(at + i)),
  i8: (view, at) => Number(view.getBigInt64(at, true)),
  i4: (view, at) => view.getInt32(at, true),
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  f8: (view, at) => view.getFloat64(at, true),
  f4: (view, at) => view.getFloat32(at, true),
};

function word(length: number, codeAt: (i: number) => number): number {
  let text = "";
  for (let i = 0; i < length && codeAt(i) !== 0; i++) {
    if (codeAt(i) > 0x7f) return Number.NaN;
    text += String.fromCharCode(codeAt(i));
  }
  return text.trim() === "" ? Number.NaN : Number(text);
}

const broken = (what: string, where: string) => new MpaError("DATASET", what, { where, fix: "restore the file" });
