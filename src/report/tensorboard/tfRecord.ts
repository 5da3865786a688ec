/** TFRecord framing: length, its checksum, the bytes, their checksum; little-endian. */
import { crc32c } from "./crc32c.ts";

export function tfRecord(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return out;
}

/** Turned and moved, so that a checksum over bytes with checksums in them stays sound (TensorFlow, crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
