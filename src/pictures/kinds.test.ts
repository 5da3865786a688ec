import sharp from "sharp";
import { expect, it } from "vitest";
import { kindByName, kindOf } from "./kinds.ts";

const latin = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

it("recognises readable pictures by their bytes", async () => {
  const drawn = () => sharp({ create: { width: 8, height: 8, channels: 3, background: "#a64" } });
  const files = {
    ...{ png: drawn().png(), jpeg: drawn().jpeg(), webp: drawn().webp() },
    ...{ gif: drawn().gif(), tiff: drawn().tiff(), avif: drawn().avif({ effort: 0 }) },
  };
  for (const [format, picture] of Object.entries(files)) {
    expect(kindOf(await picture.toBuffer())?.format).toBe(format);
  }
});

it.each([
  ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
  ["HEIC", "\0\0\0\x18ftypmif1\0\0\0\0mif1heix"],
  ["JPEG XL", "\xff\x0a\xfa\x7f"],
  ["JPEG XL", "\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl "],
  ["JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 "],
  ["RAW", "II*\0\x10\0\0\0CR\x02\0"],
  ["RAW", "\0\0\0\x18ftypcrx \0\0\0\x01crx isom"],
  ["RAW", "FUJIFILMCCD-RAW 0201"],
  // an ordinary beginning, then a first directory that names a small picture and others below it
  ["RAW", "II*\0\x08\0\0\0\x02\0\xfe\0\x04\0\x01\0\0\0\x01\0\0\0\x4a\x01\x04\0\x02\0\0\0\x40\0\0\0\0\0\0\0"],
  ["SVG", "<?xml version='1.0'?><!-- a --><svg xmlns='http://www.w3.org/2000/svg'/>"],
  ["PDF", "%PDF-1.7"],
  ["MP4 video", "\0\0\0\x18ftypisom\0\0\x02\0isomiso2"],
  ["QuickTime video", "\0\0\0\x14ftypqt  \0\0\x02\0qt  "],
  ["Matroska video", "\x1aE\xdf\xa3"],
  ["FLV video", "FLV\x01\x05"],
  ["AVI video", "RIFF\0\0\0\0AVI LIST"],
  ["MPEG-TS video", `G${"\0".repeat(187)}`.repeat(4)],
  ["MPEG-TS video", `\0\0\0\0G${"\0".repeat(187)}`.repeat(4)],
])("recognises %s by its bytes", (name, start) => expect(kindOf(latin(start))?.name).toBe(name));

it("does not recognise text, an empty file, or source code with the ending of a video", () => {
  for (const text of ["", "hello", 'import { z } from "zod";\n', "GIF", "RIFF", "II*\0"]) {
    expect(kindOf(latin(text))?.format, text).not.toBe("png");
  }
  expect(["", "hello", 'import { z } from "zod";\n'].map((text) => kindOf(latin(text)))).toEqual(
    Array(3).fill(undefined),
  );
  expect(kindByName("source.ts")).toBeUndefined();
});

it("recognises kinds by endings in any case", () => {
  const names = ["a.JPG", "b.jfif", "c.jpe", "d.HEIC", "e.Nef", "f.m2ts", "g.jxl", "h.txt", ".jpg", "jpg"];
  expect(names.map((name) => kindByName(name)?.name)).toEqual([
    ...["JPEG", "JPEG", "JPEG", "HEIC", "NEF (RAW)", "M2TS video", "JPEG XL"],
    ...[undefined, undefined, undefined],
  ]);
});
