/** Looks for NaN and infinity in weights as they go by, chunk after chunk: an exponent of all ones. */
import { MpaError } from "../errors.ts";
import type { SafetensorsHeader } from "./safetensors.ts";

/**
 * Takes the file's chunks in order, the first at 0. Chunks start at multiples of 4 bytes and tensors at multiples of
 * their width, so no value is cut in two. Throws NUMERIC and names the tensor.
 */
export function finiteScan({ tensors }: SafetensorsHeader, where: string): (chunk: Uint8Array, at: number) => void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.offset - b.offset);
  let current = 0;
  return (chunk, at) => {
    const end = at + chunk.length;
    for (; current < ordered.length; current++) {
      const [name, entry] = ordered[current];
      const from = Math.max(entry.offset, at);
      const to = Math.min(entry.offset + entry.length, end);
      if (from < to && hasNonFinite(chunk.subarray(from - at, to - at), entry.dtype)) {
        throw new MpaError("NUMERIC", `${where}: ${name} holds NaN or infinity`, undefined, "fetch the weights again");
      }
      if (entry.offset + entry.length > end) return;
    }
  };
}

const exponents: Readonly<Record<string, { readonly mask: number; readonly bytes: 2 | 4 }>> = {
  float32: { mask: 0x7f800000, bytes: 4 },
  float16: { mask: 0x7c00, bytes: 2 },
  bfloat16: { mask: 0x7f80, bytes: 2 },
};

function hasNonFinite(bytes: Uint8Array, dtype: string): boolean {
  const rule = exponents[dtype];
  if (rule === undefined) return false;
  // A copy is made only where the bytes are not aligned for the typed array.
  const aligned = bytes.byteOffset % rule.bytes === 0 ? bytes : Uint8Array.from(bytes);
  const length = Math.floor(aligned.byteLength / rule.bytes);
  const words =
    rule.bytes === 4
      ? new Uint32Array(aligned.buffer, aligned.byteOffset, length)
      : new Uint16Array(aligned.buffer, aligned.byteOffset, length);
  const { mask } = rule;
  for (let i = 0; i < words.length; i++) if ((words[i] & mask) === mask) return true;
  return false;
}
