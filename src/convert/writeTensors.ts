/** Writes tensors to a safetensors file one after the other, so that no more than one is in memory. */
import { open } from "node:fs/promises";
import { elements } from "../graph/tensor.ts";
import { encodeHeader } from "../model/safetensors.ts";
import { elementBytes, type SourceTensors } from "./sourceTensor.ts";

const typeNames = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

/** `onBytes` hears of every tensor's bytes once they are written. */
export async function writeTensors(
  path: string,
  tensors: SourceTensors,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const entries = [...tensors].map(([name, { dtype, shape }]) => {
    return { name, type: typeNames[dtype], shape, length: elements(shape) * elementBytes[dtype] };
  });
  const file = await open(path, "wx");
  try {
    await file.writeFile(encodeHeader(entries, { format: "pt" }));
    for (const tensor of tensors.values()) {
      signal?.throwIfAborted();
      const bytes = await tensor.read();
      await file.writeFile(bytes);
      onBytes(bytes.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
