/** Looks for NaN, infinity and what single precision has no room for in weights as they go by, chunk after chunk. */
import { MpaError } from "../errors.ts";
import type { SafetensorsHeader, TensorEntry } from "./safetensors.ts";

/** Takes the file's chunks in order, the first at 0; values may be cut in two between them. Throws NUMERIC with the tensor. */
export function finiteScan({ tensors }: SafetensorsHeader, where: string): (chunk: Uint8Array, at: number) => void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.offset - b.offset);
  let current = 0;
  let before: Uint8Array = new Uint8Array();
  return (chunk, at) => {
    const end = at + chunk.length;
    for (; current < ordered.length; current++) {
      const [name, entry] = ordered[current];
      if (!isWhollyFinite(entry, chunk, at, before)) {
        throw new MpaError("NUMERIC", `${where}: ${name} holds NaN or infinity`, undefined, "fetch the weights again");
      }
      if (entry.offset + entry.length > end) break;
    }
    before = chunk.slice(-widest);
  };
}

interface FloatRule {
  /** bytes a value */
  readonly width: 2 | 4 | 8;
  /** of the word that holds the exponent */
  readonly mask: number;
  /** the smallest masked word that is no single-precision number */
  readonly least: number;
}

const widest = 8;
const rules: Readonly<Record<string, FloatRule>> = {
  float32: { width: 4, mask: 0x7f800000, least: 0x7f800000 },
  float16: { width: 2, mask: 0x7c00, least: 0x7c00 },
  bfloat16: { width: 2, mask: 0x7f80, least: 0x7f80 },
  // The upper half of each value; graphs cast it to single precision, whose largest exponent is 127.
  float64: { width: 8, mask: 0x7ff00000, least: (1023 + 128) * 2 ** 20 },
};

/** Whether the tensor's values in the chunk are all finite, with the one that began at the end of the chunk before. */
function isWhollyFinite(entry: TensorEntry, chunk: Uint8Array, at: number, before: Uint8Array): boolean {
  const rule = rules[entry.dtype];
  const from = Math.max(entry.offset, at);
  const to = Math.min(entry.offset + entry.length, at + chunk.length);
  if (rule === undefined || from >= to) return true;
  const begun = (from - entry.offset) % rule.width;
  const rest = begun === 0 ? 0 : rule.width - begun;
  const cut = begun === 0 ? new Uint8Array() : Uint8Array.of(...before.slice(-begun), ...chunk.subarray(0, rest));
  return areFinite(cut, rule) && areFinite(chunk.subarray(from - at + rest, to - at), rule);
}

function areFinite(bytes: Uint8Array, { width, mask, least }: FloatRule): boolean {
  const wordWidth = width === 2 ? 2 : 4;
  // A copy is made only where the bytes are not aligned for the typed array.
  const aligned = bytes.byteOffset % wordWidth === 0 ? bytes : Uint8Array.from(bytes);
  const count = Math.floor(bytes.length / width) * (width / wordWidth);
  const words =
    wordWidth === 4
      ? new Uint32Array(aligned.buffer, aligned.byteOffset, count)
      : new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  const stride = width / wordWidth;
  for (let i = stride - 1; i < words.length; i += stride) if ((words[i] & mask) >= least) return false;
  return true;
}
