/** Extreme files that random edits of a small file do not produce: large, deeply nested or with many entries. */
import { utf8 } from "./reader.ts";

/** A kind of file that grows with a count. */
export interface Extreme {
  readonly name: string;
  /** path in the reader's folder */
  readonly file: string;
  /** maximum count, which is tried once; smaller ones are drawn at random */
  readonly most: number;
  make(count: number): Uint8Array;
}

/** Repeats `part` between a prefix and a suffix. */
export function repeated(count: number, part: Uint8Array, before: Uint8Array, after: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(before.length + count * part.length + after.length);
  bytes.set(before);
  if (count > 0) {
    bytes.set(part, before.length);
    // Doubles the part that has been written.
    const end = before.length + count * part.length;
    for (let have = part.length; before.length + have < end; have *= 2) {
      bytes.copyWithin(before.length + have, before.length, Math.min(before.length + have, end - have));
    }
  }
  bytes.set(after, bytes.length - after.length);
  return bytes;
}

const around = (
  name: string,
  file: string,
  most: number,
  [before, part, after]: readonly [string, string, string],
): Extreme => ({
  name,
  file,
  most,
  make: (count) => repeated(count, utf8(part), utf8(before), utf8(after)),
});

/** Concatenates distinct parts. */
const listed = (
  name: string,
  file: string,
  most: number,
  part: (i: number) => string,
  [before, after]: readonly [string, string],
): Extreme => ({
  name,
  file,
  most,
  make: (count) => {
    const chunks = [utf8(before)];
    for (let from = 0; from < count; from += 10_000) {
      const parts = Array.from({ length: Math.min(10_000, count - from) }, (_, i) => part(from + i));
      chunks.push(utf8(`${parts.join(",")}${from + 10_000 < count ? "," : ""}`));
    }
    return Buffer.concat([...chunks, utf8(after)]);
  },
});

/** Extremes of JSON; `[before, after]` places them where the reader looks. */
export function jsonExtremes(file: string, [before, after]: readonly [string, string] = ["", ""]): Extreme[] {
  const at = (name: string, most: number, [start, part, end]: readonly [string, string, string]) =>
    around(name, file, most, [`${before}${start}`, part, `${end}${after}`]);
  return [
    at("objects", 20_000_000, ["[", "{},", "{}]"]),
    at("objects that are just allowed", 29_000, ["[", "{},", "{}]"]),
    at("objects that only a run may have", 590_000, ["[", "{},", "{}]"]),
    at("numbers that only a run may have", 1_190_000, ["[", "0,", "0]"]),
    at("lists of one number", 390_000, ["[", "[0],", "[0]]"]),
    at("numbers", 10_000_000, ["[", "0,", "0]"]),
    at("lists in lists", 1_000_000, ["", "[", ""]),
    at("objects in objects", 1_000_000, ["", '{"a":', ""]),
    at("a long text", 30_000_000, ['"', "x", '"']),
    at("a long key", 7_000_000, ['{"', "x", '":0}']),
    at("escapes", 1_000_000, ['{"', "\\u0000", '":0}']),
    listed("keys", file, 1_000_000, (i) => `"${i.toString(36)}":0`, [`${before}{`, `}${after}`]),
    listed("keys that are just allowed", file, 19_000, (i) => `"${i.toString(36)}":0`, [`${before}{`, `}${after}`]),
  ];
}

/** One class per entry. */
export const manyKeys = (
  file: string,
  most: number,
  value: string,
  [before, after] = ["", ""] as readonly [string, string],
): Extreme =>
  listed(`keys with ${value.slice(0, 20)}`, file, most, (i) => `"k${i.toString(36)}":${value}`, [
    `${before}{`,
    `}${after}`,
  ]);

export const yamlExtremes = (file: string): Extreme[] => [
  around("documents", file, 100_000, ["a: 1\n", "---\n", ""]),
  around("lists in lists", file, 60_000, ["a: ", "[", ""]),
  around("flow maps in flow maps", file, 60_000, ["a: ", "{", ""]),
  around("sequences in sequences", file, 30_000, ["a:\n  ", "- ", "x"]),
  around("keys of keys", file, 30_000, ["", "? ", "a"]),
  around("commas", file, 60_000, ["a: [", ",", "]"]),
  around("aliases", file, 20_000, ["a: &a 1\nb: [", "*a,", "]"]),
  around("comments", file, 30_000, ["a: 1\n", "#\n", ""]),
  around("quotes", file, 30_000, ["a: '", "''", "'"]),
  around("a long value", file, 10_000_000, ["a: ", "x", ""]),
  {
    name: "keys",
    file,
    most: 12_000,
    make: (count) => utf8(Array.from({ length: count }, (_, i) => `${i.toString(36)}: 1\n`).join("")),
  },
];

/** Safetensors file with this header and data. */
export function withHead(json: Uint8Array, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** Extremes of safetensors headers. */
export function headExtremes(file: string): Extreme[] {
  const none = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  const heads = [
    ...jsonExtremes(file),
    ...jsonExtremes(file, ['{"__metadata__":', "}"]),
    manyKeys(file, 140_000, none),
    { ...manyKeys(file, 19_000, none), name: "tensors that are just allowed" },
    manyKeys(file, 500_000, "{}"),
    manyKeys(file, 200_000, '"x"', ['{"__metadata__":', "}"]),
    around("axes", file, 2_000_000, ['{"a":{"dtype":"F32","shape":[', "0,", '0],"data_offsets":[0,0]}}']),
    around("a long type", file, 7_000_000, ['{"a":{"dtype":"', "F", '","shape":[0],"data_offsets":[0,0]}}']),
  ];
  return heads.map((head) => ({ ...head, make: (count) => withHead(head.make(count), new Uint8Array()) }));
}

/** Repeats an opcode before None, so that its results are unused. */
export function pickleExtremes(file: string): Extreme[] {
  const codes: Readonly<Record<string, readonly number[]>> = {
    dictionaries: [0x7d],
    lists: [0x5d],
    "tuples in tuples": [0x85],
    truths: [0x88],
    marks: [0x28],
    "things remembered": [0x94],
    "things remembered far away": [0x72, 1, 2, 3, 4],
    "empty texts": [0x8c, 0],
    "empty bytes": [0x43, 0],
    "names and objects": [...Buffer.from("ctorch\nSize\n"), 0x29, 0x52],
    "tuples of all before": [0x28, 0x74],
  };
  return Object.entries(codes).flatMap(([name, part]) =>
    [16_000_000, 390_000, 120_000].map((most) => ({
      name: `${most} ${name}`,
      file,
      most: Math.floor(most / part.length),
      make: (count: number) =>
        repeated(count, Uint8Array.from(part), Uint8Array.of(0x80, 2, 0x4e), Uint8Array.of(0x2e)),
    })),
  );
}
