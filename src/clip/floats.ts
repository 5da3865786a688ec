/** Decoding of stored floating-point numbers. */
import { fromHalf } from "../graph/half.ts";
import type { DType } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";

/**
 * Decodes a tensor's bytes, little endian, to single precision. Throws WEIGHTS for types other than float32, float16 and bfloat16.
 */
export function decodeFloats(bytes: Uint8Array, dtype: DType, where: string): Float32Array {
  // All supported machines are little endian, too.
  if (dtype === "float32") return new Float32Array(new Uint8Array(bytes).buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = {
    float16: (at: number) => fromHalf(view.getUint16(at, true)),
    bfloat16: (at: number) => brainToSingle(view.getUint16(at, true)),
    float64: undefined,
    int64: undefined,
    int8: undefined,
    bool: undefined,
  }[dtype];
  if (read === undefined) {
    const fix = "fetch or write the file again";
    throw new MpaError("WEIGHTS", `${where} holds ${dtype} where floats were expected`, { fix });
  }
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => read(2 * i));
}

function brainToSingle(b: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, b << 16);
  return view.getFloat32(0);
}
