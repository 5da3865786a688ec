/** A small safetensors file as values: checkpoints, resume files, initial prompts. */
import { MpaError } from "../errors.ts";
import type { TensorData } from "../graph/tensor.ts";
import { decodeFloats, headerLength, lengthBytes, parseHeader } from "./safetensors.ts";

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The tensors of a whole file. Throws WEIGHTS for a broken file, NUMERIC where a value is NaN or infinite. */
export function parseTensorFile(bytes: Uint8Array, where: string): TensorFile {
  const file = decodeTensorFile(bytes, where);
  const bad = [...file.tensors].find(([, { data }]) => !data.every(Number.isFinite));
  if (bad === undefined) return file;
  throw new MpaError("NUMERIC", `${bad[0]} holds NaN or infinity`, where, "use another checkpoint");
}

/** The same, whatever the values. Throws WEIGHTS for broken bytes. */
export function decodeTensorFile(bytes: Uint8Array, where: string): TensorFile {
  const length = headerLength(bytes, bytes.length, where);
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + length), bytes.length, where);
  const tensors = new Map<string, TensorData>();
  for (const [name, { dtype, shape, offset, length: size }] of header.tensors) {
    const data = decodeFloats(bytes.subarray(offset, offset + size), dtype, `${where}: ${name}`);
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata: header.metadata };
}
