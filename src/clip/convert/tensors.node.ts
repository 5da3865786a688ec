/** Tensors of a weight file, read on demand, with a reader and a writer of safetensors. */

import { open } from "node:fs/promises";
import { elements, type Shape } from "../../graph/tensor.ts";
import { MpaError } from "../../platform/errors.ts";
import { encodeHeader, headerLength, headerLengthSize, parseHeader } from "../safetensors.ts";
import { readAt } from "../weights.node.ts";
import { openSourceFile } from "./sourceFile.node.ts";

/** Bytes of each supported element type. */
export const elementBytes = { float32: 4, float16: 2, bfloat16: 2 } as const;
export type ElementType = keyof typeof elementBytes;

/** A tensor that is read on demand. */
export interface SourceTensor {
  readonly dtype: ElementType;
  readonly shape: Shape;
  /** Returns the elements, little endian and row-major. Throws WEIGHTS. */
  read(): Promise<Uint8Array>;
}

/** Tensors by name. */
export type SourceTensors = ReadonlyMap<string, SourceTensor>;

/** A slice of the first axis, `from` inclusive to `to` exclusive. */
export function rowsOf(tensor: SourceTensor, from: number, to: number): SourceTensor {
  const { dtype, shape } = tensor;
  const row = elementBytes[dtype] * shape.slice(1).reduce((product, d) => product * d, 1);
  const read = async () => (await tensor.read()).subarray(from * row, to * row);
  return { dtype, shape: [to - from, ...shape.slice(1)], read };
}

/** The transpose of a matrix. */
export function transposed(tensor: SourceTensor): SourceTensor {
  const { dtype, shape } = tensor;
  const [rows, columns] = shape;
  return { dtype, shape: [columns, rows], read: async () => swapAxes(await tensor.read(), rows, columns, dtype) };
}

function swapAxes(bytes: Uint8Array, rows: number, columns: number, dtype: ElementType): Uint8Array {
  const width = elementBytes[dtype];
  const out = new Uint8Array(bytes.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const from = (r * columns + c) * width;
      const to = (c * rows + r) * width;
      for (let b = 0; b < width; b++) out[to + b] = bytes[from + b];
    }
  }
  return out;
}

/** Opens a safetensors file as a source. Integer tensors are not weights and are skipped. Throws NOT_FOUND, ACCESS, WEIGHTS. */
export async function safetensorsSource(path: string): Promise<SourceTensors> {
  const file = await openSourceFile(path);
  try {
    const { size } = await file.stat();
    const length = headerLength(await readAt(file, 0, headerLengthSize), size, path);
    const { tensors } = parseHeader(await readAt(file, headerLengthSize, length), size, path);
    return new Map(
      [...tensors].flatMap(([name, { dtype, shape, offset, length }]): [string, SourceTensor][] => {
        if (!(dtype === "float32" || dtype === "float16" || dtype === "bfloat16")) return [];
        return [[name, { dtype, shape, read: () => readRange(path, offset, length) }]];
      }),
    );
  } finally {
    await file.close();
  }
}

async function readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await openSourceFile(path);
  try {
    const bytes = await readAt(file, offset, length);
    if (bytes.length === length) return bytes;
    throw new MpaError("WEIGHTS", "the file became shorter while it was read", {
      where: path,
      fix: "convert it again",
    });
  } finally {
    await file.close();
  }
}

const typeNames = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

/**
 * Writes a safetensors file one tensor at a time, so that only one is in memory. `onBytes` receives the size of each tensor
 * written.
 */
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
