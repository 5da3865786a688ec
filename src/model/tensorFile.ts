/** Reads a small safetensors file whole. */
import { readFile } from "node:fs/promises";
import { MpaError, messageOf } from "../errors.ts";
import { parseTensorFile, type TensorFile } from "./tensorBytes.ts";

/** Throws NOT_FOUND, WEIGHTS for a broken file, NUMERIC where a value is NaN or infinite. */
export async function readTensorFile(path: string): Promise<TensorFile> {
  return parseTensorFile(await readTensorBytes(path), path);
}

/** The file's bytes. Throws NOT_FOUND. */
export async function readTensorBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read ${path}`, messageOf(cause), "name a safetensors file", { cause });
  }
}
