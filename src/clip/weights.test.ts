import { describe, expect, it } from "vitest";
import type { DType } from "../graph/tensor.ts";
import { finiteScan } from "./weights.ts";

const values = 6;
const widths: Readonly<Record<string, number>> = { float32: 4, float16: 2, bfloat16: 2, float64: 8 };

/** A tensor of six values from `offset` on, all finite but the one at `place`. */
function scan(dtype: DType, bad: readonly number[], place: number, offset: number, chunk: number): () => void {
  const width = widths[dtype];
  const file = new Uint8Array(offset + values * width + 5).fill(0x3c);
  file.set(bad, offset + place * width);
  const header = {
    metadata: {},
    tensors: new Map([["t", { dtype, shape: [values], offset, length: values * width }]]),
  };
  return () => {
    const next = finiteScan(header, "file");
    for (let at = 0; at < file.length; at += chunk) next(file.slice(at, at + chunk), at);
  };
}

describe.each<[DType, number[]]>([
  ["float32", [0, 0, 0xc0, 0x7f]],
  ["float32", [0, 0, 0x80, 0xff]],
  ["float16", [0, 0x7c]],
  ["bfloat16", [0x81, 0x7f]],
  ["float64", [0, 0, 0, 0, 0, 0, 0xf0, 0x7f]],
  // 2^128, which is infinity in single precision
  ["float64", [0, 0, 0, 0, 0, 0, 0xf0, 0x47]],
])("%s with bytes %j", (dtype, bad) => {
  it("is found at any position, in chunks of any size, at any offset", () => {
    for (const place of [0, 2, values - 1]) {
      for (const offset of [0, 3, 8]) {
        for (const chunk of [8, 9, 16, 1000]) {
          expect(scan(dtype, bad, place, offset, chunk)).toThrow(/t holds NaN or infinity/);
        }
      }
    }
  });
});

it.each<[DType, number[]]>([
  ["float32", [0xff, 0xff, 0x7f, 0x7f]],
  ["float16", [0xff, 0x7b]],
  ["bfloat16", [0x7f, 0x7f]],
  ["float64", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0x47]],
])("accepts the largest %s within single precision", (dtype, largest) => {
  for (const chunk of [8, 9, 1000]) expect(scan(dtype, largest, 2, 3, chunk)).not.toThrow();
});
