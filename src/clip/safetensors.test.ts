import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { decodeFloats } from "./floats.ts";
import { headerLength, headerLengthSize, parseHeader, writeSafetensors } from "./safetensors.ts";

const tensors = new Map([
  ["a", { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
  ["b", { shape: [], data: Float32Array.of(5) }],
]);

function read(bytes: Uint8Array) {
  const length = headerLength(bytes, bytes.length, "f");
  return parseHeader(bytes.subarray(headerLengthSize, headerLengthSize + length), bytes.length, "f");
}

/** A file whose header is the given JSON and whose data has so many bytes. */
function file(header: string, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

it("reads what it wrote, with data aligned to eight bytes", () => {
  const bytes = writeSafetensors(tensors, { format: "x" });
  const { tensors: entries, metadata } = read(bytes);
  expect(metadata).toEqual({ format: "x" });
  const a = entries.get("a");
  expect(a).toMatchObject({ dtype: "float32", shape: [2, 2], length: 16 });
  expect((a?.offset ?? 1) % 8).toBe(0);
  const at = a?.offset ?? 0;
  expect(Array.from(decodeFloats(bytes.subarray(at, at + 16), "float32", "f"))).toEqual([1, 2, 3, 4]);
});

it("preserves tensors and metadata with any names", () => {
  const named = new Map(
    ["__proto__", "constructor", "1"].map((name) => [name, { shape: [1], data: new Float32Array(1) }]),
  );
  const { tensors: entries, metadata } = read(writeSafetensors(named, Object.fromEntries([["__proto__", "x"]])));
  expect([...entries.keys()].sort()).toEqual(["1", "__proto__", "constructor"]);
  expect(Object.entries(metadata)).toEqual([["__proto__", "x"]]);
});

it("decodes half precision", () => {
  const halves = Uint8Array.from([0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c]);
  expect(Array.from(decodeFloats(halves, "float16", "f"))).toEqual([1, -2, 2 ** -24, Infinity]);
  expect(Array.from(decodeFloats(Uint8Array.from([0x80, 0x3f, 0x20, 0xc0]), "bfloat16", "f"))).toEqual([1, -2.5]);
});

/** So many entries of this value. */
const many = (count: number, value: string) =>
  Array.from({ length: count }, (_, i) => `"${i.toString(36)}":${value}`).join(",");

describe("parseHeader rejects", () => {
  const entry = (from: number, to: number, shape = "[1]", dtype = "F32") =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`;
  it.each([
    ["a file that is too short", new Uint8Array(3), "too short"],
    ["a truncated file", writeSafetensors(tensors, {}).subarray(0, -4), "truncated"],
    ["a header longer than the file", file("{}", 0).fill(0xff, 0, 4), "truncated or not a safetensors file"],
    ["a header that is not JSON", file("{nope", 0), "not JSON"],
    ["a type without floats", file(`{"a":${entry(0, 4, "[1]", "C64")}}`, 4), `type "C64"`],
    ["a shape that does not fit", file(`{"a":${entry(0, 4, "[2]")}}`, 4), "does not fit its 4 bytes"],
    ["an overlap", file(`{"a":${entry(0, 4)},"b":${entry(0, 4)}}`, 4), "overlaps"],
    ["a hole", file(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12), "leaves a hole"],
    ["a size that overflows", file(`{"a":${entry(0, 4, "[4294967296,4294967296,4294967296]")}}`, 4), "does not fit"],
    ["too many tensors", file(`{${many(20_001, entry(0, 0, "[0]"))}}`, 0), "names more than 20000 tensors"],
    ["600,000 entries", file(`{${many(600_000, "0")}}`, 0), "more than 25000 keys in one object"],
    ["too many axes", file(`{"a":${entry(0, 4, `[${"1,".repeat(16)}1]`)}}`, 4), "malformed header"],
    ["a name that controls the terminal", file(`{"\\u001b[2J":${entry(0, 8)}}`, 8), '"\\u001b[2J" of shape'],
    ["a negative offset", file(`{"a":${entry(-4, 0)}}`, 4), "malformed header"],
  ])("%s", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });
});

describe("any tensors", () => {
  const shape = fc.array(fc.nat(4), { maxLength: 3 });
  // Bits, not numbers: NaN has many, and each of them is to come back.
  const tensor = shape.chain((dimensions) => {
    const length = dimensions.reduce((product, d) => product * d, 1);
    return fc
      .uint8Array({ minLength: 4 * length, maxLength: 4 * length })
      .map((bytes) => ({ shape: dimensions, data: new Float32Array(bytes.slice().buffer) }));
  });
  const name = fc.string({ unit: "grapheme" }).filter((text) => !/^__(metadata|proto)__$/.test(text));
  const dictionary = <Value>(value: fc.Arbitrary<Value>) =>
    fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 4 });
  const file = fc.tuple(dictionary(tensor), dictionary(fc.string({ unit: "grapheme" })));

  it("are read back bit for bit, with names, shapes and metadata", () => {
    fc.assert(
      fc.property(file, ([entries, metadata]) => {
        const bytes = writeSafetensors(new Map(entries), Object.fromEntries(metadata));
        const { tensors: found, metadata: texts } = read(bytes);
        expect(texts).toEqual(Object.fromEntries(metadata));
        expect([...found.keys()].sort()).toEqual(entries.map(([key]) => key).sort());
        for (const [key, { shape: wanted, data }] of entries) {
          const { dtype, shape: came, offset, length } = found.get(key) ?? { offset: 0, length: -1 };
          expect({ dtype, shape: came, length }).toEqual({ dtype: "float32", shape: wanted, length: data.byteLength });
          expect(bytes.slice(offset, offset + length)).toEqual(new Uint8Array(data.buffer));
        }
      }),
      sameCases,
    );
  });

  it("are rejected if the file is truncated or has extra bytes", () => {
    fc.assert(
      fc.property(file, fc.nat(), ([entries, metadata], cut) => {
        const bytes = writeSafetensors(new Map(entries), Object.fromEntries(metadata));
        const refused = expect.objectContaining({ code: "WEIGHTS" });
        expect(() => read(bytes.subarray(0, cut % bytes.length))).toThrow(refused);
        expect(() => read(Uint8Array.of(...bytes, 0))).toThrow(refused);
      }),
      sameCases,
    );
  });
});
