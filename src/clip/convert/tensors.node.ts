/** Tensors of a file to convert: described by its header, read on demand; reader and writer for safetensors. */

import { open } from "node:fs/promises";
import { elements, type Shape } from "../../graph/tensor.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { encodeHeader, headerLength, headerLengthSize, parseHeader } from "../safetensors.ts";
import { readAt } from "../weights.node.ts";

/** Element types that weights come in, and their bytes. */
export const elementBytes = { float32: 4, float16: 2, bfloat16: 2 } as const;
export type ElementType = keyof typeof elementBytes;

export interface SourceTensor {
  readonly dtype: ElementType;
  readonly shape: Shape;
  /** little endian, row-major */
  read(): Promise<Uint8Array>;
}

export type SourceTensors = ReadonlyMap<string, SourceTensor>;

/** Rows from `from` up to but excluding `to`, as a tensor of its own. */
export function rowsOf(tensor: SourceTensor, from: number, to: number): SourceTensor {
  const { dtype, shape } = tensor;
  const row = elementBytes[dtype] * shape.slice(1).reduce((product, d) => product * d, 1);
  const read = async () => (await tensor.read()).subarray(from * row, to * row);
  return { dtype, shape: [to - from, ...shape.slice(1)], read };
}

/** A matrix with its axes swapped. */
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

/** Opens a safetensors file as a source. Integer tensors are not weights and are left out. Throws NOT_FOUND, WEIGHTS. */
export async function safetensorsSource(path: string): Promise<SourceTensors> {
  const file = await open(path).catch((cause) => {
    throw new MpaError("NOT_FOUND", `cannot read the file (${messageOf(cause)})`, {
      where: path,
      fix: "check the path",
      cause,
    });
  });
  try {
    const { size } = await file.stat();
    const length = headerLength(await readAt(file, 0, headerLengthSize), size, path);
    const { tensors } = parseHeader(await readAt(file, headerLengthSize, length), size, path);
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
