/** Frozen weights in memory, where there are no files: the same checks, and the same hash, as for a file. */
import { finiteScan } from "./finiteScan.ts";
import { decodeFloats, headerLength, lengthBytes, parseHeader } from "./safetensors.ts";
import { entryOf, type Weights } from "./weights.ts";

/** Weights of a whole safetensors file; `where` names it in errors. Throws WEIGHTS, NUMERIC. */
export async function openWeightBytes(bytes: Uint8Array<ArrayBuffer>, file: string, where: string): Promise<Weights> {
  const length = headerLength(bytes, bytes.length, where);
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + length), bytes.length, where);
  finiteScan(header, where)(bytes, 0);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return {
    where,
    file,
    sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    header,
    values: async (name) => {
      const { offset, length: size, dtype } = entryOf(header, name, where);
      return decodeFloats(bytes.subarray(offset, offset + size), dtype, `${where}: ${name}`);
    },
  };
}
