/** Decoding of stored floating-point numbers. */
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
    float16: (at: number) => halfToSingle(view.getUint16(at, true)),
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

function halfToSingle(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function brainToSingle(b: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, b << 16);
  return view.getFloat32(0);
}
