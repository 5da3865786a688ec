import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sameCases } from "../../../test/sameCases.ts";
import { MpaError } from "../../platform/errors.ts";
import { cleanText } from "./cleanText.ts";
import { byteSymbols, createTokenizer, type Merge, type Vocabulary, wordEnd } from "./tokenizer.ts";
import { parseMerges } from "./tokenizerFile.ts";

const fixtures = new URL("../../../test/fixtures/tokenizer/", import.meta.url);
const merges = parseMerges(
  gunzipSync(readFileSync(new URL("../../../models/clip-tokenizer/merges.txt.gz", import.meta.url))).toString("utf8"),
  "merges.txt.gz",
);
const expected = z.array(z.object({ text: z.string(), ids: z.array(z.number()) }));

/** OpenAI numbers the byte symbols by code point within printable and other ones, then those with a word end. */
function openaiVocabulary(used: readonly Merge[]): Vocabulary {
  const printable = byteSymbols.filter((symbol) => symbol.charCodeAt(0) < 0x100);
  const others = byteSymbols.filter((symbol) => symbol.charCodeAt(0) >= 0x100);
  const bytes = [...printable, ...others];
  const merged = used.map(([left, right]) => left + right);
  const symbols = [...bytes, ...bytes.map((symbol) => symbol + wordEnd), ...merged, "<|startoftext|>", "<|endoftext|>"];
  return { vocab: new Map(symbols.map((symbol, id) => [symbol, id])), merges: used };
}

const full = createTokenizer(openaiVocabulary(merges));

describe.each([
  ["full.json", merges.length],
  ["mini.json", 3582],
])("%s", (file, count) => {
  const tokenizer = createTokenizer(openaiVocabulary(merges.slice(0, count)));
  const cases = expected.parse(JSON.parse(readFileSync(new URL(file, fixtures), "utf8")));

  it.each(cases)("encodes $text as OpenAI's tokenizer does", ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });
});

describe("tokenize", () => {
  it("frames a text with OpenAI's ids and pads it", () => {
    const { ids, length, truncated } = full.tokenize("a photo of a cat");
    expect([...ids.subarray(0, 8)]).toEqual([49406, 320, 1125, 539, 320, 2368, 49407, 49407]);
    expect({ size: ids.length, length, truncated }).toEqual({ size: 77, length: 7, truncated: false });
    expect(full.vocabularySize).toBe(49408);
  });

  it("truncates a text that is too long before its EOT", () => {
    const { ids, length, truncated } = full.tokenize("cat ".repeat(76));
    expect({ length, truncated, last: ids[76], before: ids[75] }).toEqual({
      length: 77,
      truncated: true,
      last: full.eot,
      before: 2368,
    });
    expect(full.tokenize("cat ".repeat(75)).truncated).toBe(false);
    expect([...full.tokenize("one two three four", 5).ids]).toEqual([49406, 637, 1237, 2097, 49407]);
  });

  it("pads with the given padding token", () => {
    const padded = createTokenizer({ ...openaiVocabulary(merges), padToken: "!" }).tokenize("cat", 5);
    expect([...padded.ids]).toEqual([49406, 2368, 49407, 0, 0]);
  });
});

describe("added tokens", () => {
  it("are matched literally, the longest first", () => {
    const { vocab, merges: used } = openaiVocabulary(merges);
    const grown = new Map([...vocab, ["<face>", 49408], ["<face>s", 49409], ["!", 49410]]);
    const addedTokens = ["<face>", "<face>s"];
    const { encode } = createTokenizer({ vocab: grown, merges: used, addedTokens, padToken: "!" });
    // 2368 is cat</w>, 256 is !</w>, which the pad token takes the place of
    expect(encode("cat<face>! <face>s cat")).toEqual([2368, 49408, 49410, 49409, 2368]);
    expect(full.encode("cat!")).toEqual([2368, 256]);
  });
});

describe("createTokenizer", () => {
  it("throws with the name of a missing special token or merge", () => {
    const { vocab } = openaiVocabulary([]);
    expect(() => createTokenizer({ vocab, merges: [["a", "b"]] }, "vocab.json")).toThrow(
      new MpaError("TOKENIZER", 'the vocabulary has no "ab"', {
        where: "vocab.json",
        fix: "restore the backbone's tokenizer files",
      }),
    );
    expect(() => createTokenizer({ vocab: new Map(), merges: [] })).toThrow('no "<|startoftext|>"');
  });

  it("encodes a symbol outside a reduced vocabulary as EOT", () => {
    const vocab = new Map([
      ["<|startoftext|>", 0],
      ["<|endoftext|>", 1],
      ["a", 2],
      ["b</w>", 3],
    ]);
    expect(createTokenizer({ vocab, merges: [] }).encode("ab cb")).toEqual([2, 3, 1, 3]);
  });
});

describe("any text", () => {
  const anyUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));
  const texts = fc.oneof(
    fc.string({ unit: anyUnit }),
    fc.string({ unit: "grapheme" }),
    fc.string({
      unit: fc.constantFrom("&", ";", "#", "1", "x", "<", "|", ">", "amp", "lt", "startoftext", " ", "'", "s"),
    }),
  );
  const { vocab } = openaiVocabulary(merges);
  const symbols = new Map([...vocab].map(([symbol, id]) => [id, symbol]));
  const byteOf = new Map(byteSymbols.map((symbol, byte) => [symbol, byte]));

  /** The text that tokens stand for, without the spaces between words. */
  function decode(ids: readonly number[]): string {
    const written = ids.map((id) => (symbols.get(id) ?? "").replace(/<\/w>$/, "")).join("");
    return new TextDecoder().decode(Uint8Array.from(written, (symbol) => byteOf.get(symbol) ?? 0));
  }

  it("is encoded to ids of the vocabulary, including lone surrogates and unterminated entities", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const ids = full.encode(text);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id <= full.largestId)).toBe(true);
      }),
      { ...sameCases, numRuns: 500 },
    );
  });

  it("fills the context with SOT, tokens, EOT and padding", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 3, max: 20 }), (text, contextLength) => {
        const tokens = full.encode(text);
        const { ids, length, truncated } = full.tokenize(text, contextLength);
        expect(length).toBe(Math.min(tokens.length + 2, contextLength));
        expect(truncated).toBe(tokens.length + 2 > contextLength);
        const pads = Array.from({ length: contextLength - length }, () => full.pad);
        expect([...ids]).toEqual([full.sot, ...tokens.slice(0, length - 2), full.eot, ...pads]);
      }),
      sameCases,
    );
  });

  it.each([
    ["printable ASCII", fc.string({ unit: "grapheme-ascii" })],
    ["any letters and signs", fc.string({ unit: "grapheme" })],
  ])("comes back from its tokens but for case and spaces: %s", (_, text) => {
    fc.assert(
      fc.property(text, (given) => {
        expect(decode(full.encode(given))).toBe(cleanText(given).replaceAll(" ", ""));
      }),
      { ...sameCases, numRuns: 500 },
    );
  });
});
