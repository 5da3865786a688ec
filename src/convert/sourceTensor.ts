/** A tensor of a file that is converted: known by its header, read when it is wanted. */
import type { Shape } from "../graph/tensor.ts";

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

/** Rows from … to−1 of a tensor, as one of its own. */
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
