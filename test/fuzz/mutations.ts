/** Mutations of valid files by a few edits, which fast-check chooses and shrinks. */
import fc from "fast-check";

/** An edit of bytes. Positions are fractions of the length, so that an edit applies to any file and shrinks independently. */
export type Edit = (bytes: Uint8Array) => Uint8Array;

/** Critical values of lengths, sizes and counts. */
const borderNumbers = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];
/** The same as text, and invalid numbers. */
const borderTexts = [
  ...borderNumbers.map(String),
  ...["-1", "-0", "1e308", "1e999", "0.5", "NaN", "null", '""', "[]", "{}", "true"],
];

/** Positions: half uniform, half near the start, where headers are. */
const share = fc.noBias(fc.nat({ max: 2 ** 30 - 1 })).map((step) => step / 2 ** 30);
const place = fc.oneof(
  share,
  share.map((any) => any ** 3),
);
const at = (share: number, bytes: Uint8Array) => Math.floor(share * bytes.length);

/** Files that differ from one of these by one to six edits; `tokens` are words of the format. */
export function mutated(seed: Uint8Array, tokens: readonly string[]): fc.Arbitrary<Uint8Array> {
  const one = edit(tokens);
  // Half of them have a single edit, which passes the first check more often.
  const edits = fc.oneof(
    one.map((only) => [only]),
    fc.array(one, { minLength: 1, maxLength: 6 }),
  );
  return edits.map((chosen) => {
    // Bounds the size, as repeated doubling would exhaust memory.
    const most = 4 * seed.length + 4096;
    return chosen.reduce((bytes, change) => change(bytes).subarray(0, most), seed);
  });
}

function edit(tokens: readonly string[]): fc.Arbitrary<Edit> {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 });
  const word = fc.constantFrom(...borderTexts, ...tokens).map((text) => new TextEncoder().encode(text));
  const length = fc.nat({ max: 64 });
  return fc.oneof(
    fc.tuple(place, fc.nat(7)).map(([share, bit]) => flip(share, 1 << bit)),
    fc.tuple(place, bytes).map(([share, with_]) => replace(share, with_.length, with_)),
    fc.tuple(place, fc.oneof(bytes, word)).map(([share, with_]) => replace(share, 0, with_)),
    fc.tuple(place, length, word).map(([share, cut, with_]) => replace(share, cut, with_)),
    fc.tuple(place, length).map(([share, cut]) => replace(share, cut, new Uint8Array())),
    place.map((share) => (whole: Uint8Array) => whole.subarray(0, at(share, whole))),
    fc.tuple(place, place, fc.nat({ max: 4096 })).map(([from, to, size]) => copy(from, to, size)),
    fc.tuple(place, fc.constantFrom(1, 2, 4, 8), fc.constantFrom(...borderNumbers), fc.boolean()).map(integer),
    fc.tuple(place, fc.constantFrom(...borderTexts)).map(([share, text]) => replaceNumber(share, text)),
  );
}

const flip =
  (share: number, mask: number): Edit =>
  (bytes) =>
    bytes.map((byte, i) => (i === at(share, bytes) ? byte ^ mask : byte));

const replace =
  (share: number, cut: number, by: Uint8Array): Edit =>
  (bytes) => {
    const from = at(share, bytes);
    return joined(bytes.subarray(0, from), by, bytes.subarray(from + cut));
  };

/** Copies a piece of the file to another position: duplicate keys, entries, chunks. */
const copy =
  (from: number, to: number, size: number): Edit =>
  (bytes) => {
    const [first, place] = [at(from, bytes), at(to, bytes)];
    return joined(bytes.subarray(0, place), bytes.subarray(first, first + size), bytes.subarray(place));
  };

const integer = ([share, width, value, isLittle]: [number, number, bigint, boolean]): Edit => {
  const written = Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  return replace(share, width, isLittle ? written : written.reverse());
};

/** Replaces the first number of a text after the position. */
const replaceNumber =
  (share: number, by: string): Edit =>
  (bytes) => {
    const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
    const from = bytes.findIndex((byte, i) => i >= at(share, bytes) && isDigit(byte));
    if (from < 0) return bytes;
    const end = bytes.findIndex((byte, i) => i > from && !isDigit(byte));
    return joined(bytes.subarray(0, from), new TextEncoder().encode(by), bytes.subarray(end < 0 ? bytes.length : end));
  };

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}
