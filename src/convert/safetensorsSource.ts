/** The tensors of a safetensors file, as a source to convert. */
import { open } from "node:fs/promises";
import { MpaError, messageOf } from "../errors.ts";
import { readAt } from "../model/readAt.ts";
import { headerLength, lengthBytes, parseHeader } from "../model/safetensors.ts";
import type { SourceTensor, SourceTensors } from "./sourceTensor.ts";

/** Throws NOT_FOUND, WEIGHTS. Tensors of integers are no weights: left out. */
export async function safetensorsSource(path: string): Promise<SourceTensors> {
  const file = await open(path).catch((cause) => {
    throw new MpaError("NOT_FOUND", `cannot read the file (${messageOf(cause)})`, path, "check the path", { cause });
  });
  try {
    const { size } = await file.stat();
    const length = headerLength(await readAt(file, 0, lengthBytes), size, path);
    const { tensors } = parseHeader(await readAt(file, lengthBytes, length), size, path);
    return new Map(
      [...tensors].flatMap(([name, { dtype, shape, offset, length }]): [string, SourceTensor][] => {
        if (!(dtype === "float32" || dtype === "float16" || dtype === "bfloat16")) return [];
        return [[name, { dtype, shape, read: () => readPart(path, offset, length) }]];
      }),
    );
  } finally {
    await file.close();
  }
}

async function readPart(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = await readAt(file, offset, length);
    if (bytes.length === length) return bytes;
    throw new MpaError("WEIGHTS", "the file became shorter while it was read", path, "convert it again");
  } finally {
    await file.close();
  }
}
