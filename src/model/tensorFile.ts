/** A small safetensors file read whole: checkpoints, resume files, initial prompts. */
import { readFile } from "node:fs/promises";
import { MpaError, messageOf } from "../errors.ts";
import type { Values } from "./prompts.ts";
import { decodeFloats, headerLength, lengthBytes, parseHeader } from "./safetensors.ts";

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Values>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Throws NOT_FOUND, WEIGHTS for a broken file, NUMERIC where a value is NaN or infinite. */
export async function readTensorFile(path: string): Promise<TensorFile> {
  const bytes = await readWhole(path);
  const length = headerLength(bytes, bytes.length, path);
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + length), bytes.length, path);
  const tensors = new Map<string, Values>();
  for (const [name, { dtype, shape, offset, length: size }] of header.tensors) {
    const data = decodeFloats(bytes.subarray(offset, offset + size), dtype, `${path}: ${name}`);
    if (!data.every(Number.isFinite))
      throw new MpaError("NUMERIC", `${name} holds NaN or infinity`, path, "use another checkpoint");
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata: header.metadata };
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read ${path}`, messageOf(cause), "name a safetensors file", { cause });
  }
}
