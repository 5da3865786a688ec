/** Reads a small safetensors file whole. */
import { MpaError, messageOf } from "../errors.ts";
import { readBytes } from "../readBytes.ts";
import { parseTensorFile, type TensorFile } from "./tensorBytes.ts";

/** Bytes of the largest such file; prompts of 1,000 classes of the largest CLIP, with their momentum, have 100 MB. */
const mostBytes = 128 * 1024 * 1024;

/** Throws NOT_FOUND, WEIGHTS for a broken file, NUMERIC where a value is NaN or infinite. */
export async function readTensorFile(path: string, most = mostBytes): Promise<TensorFile> {
  return parseTensorFile(await readTensorBytes(path, most), path);
}

/** The file's bytes. Throws NOT_FOUND. */
export async function readTensorBytes(path: string, most = mostBytes): Promise<Uint8Array> {
  try {
    return await readBytes(path, most);
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read ${path}`, messageOf(cause), "name a safetensors file", { cause });
  }
}
