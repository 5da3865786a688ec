/** Pictures of every kind that people have. */
import { join } from "node:path";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { decodeImage } from "../../../src/pictures/decode.node.ts";
import {
  avifOfTiles,
  flatJpeg,
  gifOfFrames,
  jpegOfScans,
  jpegOfSegments,
  pngOfPackedText,
  tiffOfPages,
  tiffOfScans,
  webpOfFrames,
} from "../../hostilePictures.ts";
import { type Reader, type Seed, utf8 } from "../reader.ts";

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" fill="#a64"/>
<circle cx="20" cy="15" r="9" fill="#37c"/><path d="M2 2L38 28" stroke="#fff"/></svg>`;

/** The same small drawing in all formats, and in the ways of each that take other paths through a decoder. */
async function pictures(): Promise<Seed[]> {
  const drawn = () => sharp(Buffer.from(svg)).removeAlpha();
  const frames = sharp(Buffer.concat([await drawn().raw().toBuffer(), await drawn().negate().raw().toBuffer()]), {
    raw: { width: 40, height: 60, channels: 3, pageHeight: 30 },
  });
  const made: Readonly<Record<string, Sharp>> = {
    "plain.png": drawn().png(),
    "interlaced.png": drawn().png({ progressive: true }),
    "palette.png": drawn().png({ palette: true }),
    "deep.png": drawn().toColourspace("rgb16").png(),
    "plain.jpg": drawn().jpeg(),
    "progressive.jpg": drawn().withMetadata({ orientation: 6 }).jpeg({ progressive: true }),
    "cmyk.jpg": drawn().toColourspace("cmyk").jpeg(),
    "lossy.webp": drawn().webp(),
    "lossless.webp": drawn().webp({ lossless: true }),
    "moving.gif": frames.gif(),
    "lzw.tiff": drawn().tiff({ compression: "lzw" }),
    "jpeg.tiff": drawn().tiff({ compression: "jpeg" }),
    "tiled.tiff": drawn().tiff({ compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 }),
    "plain.avif": drawn().avif({ effort: 0 }),
  };
  const files = Object.entries(made).map(async ([file, picture]) => ({ file, bytes: await picture.toBuffer() }));
  return [
    ...(await Promise.all(files)),
    { file: "drawing.svg", bytes: utf8(svg) },
    { file: "plain.bmp", bytes: bitmap() },
  ];
}

/** 4 × 3 pixels of 24 bits. */
function bitmap(): Uint8Array {
  const bytes = Buffer.alloc(54 + 36, 77);
  bytes.fill(0, 0, 54);
  bytes.write("BM");
  for (const [offset, value] of [
    [2, 90],
    [10, 54],
    [14, 40],
    [18, 4],
    [22, 3],
  ])
    bytes.writeInt32LE(value, offset);
  bytes.writeInt16LE(1, 26);
  bytes.writeInt16LE(24, 28);
  return bytes;
}

const tokens = [
  "IHDR",
  "IDAT",
  "PLTE",
  "acTL",
  "zTXt",
  "iCCP",
  "\xff\xc0",
  "\xff\xda",
  "\xff\xdd",
  "VP8X",
  "ANMF",
  "II*\0",
  "MM\0*",
  "ftypavif",
  "iloc",
  "ispe",
  "<!ENTITY a 'b'>",
  "<use href='#a'/>",
  "<image href='/etc/passwd'/>",
];

/** Pictures of very many scans, segments, pages, entries, frames, texts and tiles, on both sides of every bound. */
async function excesses(): Promise<fc.Arbitrary<Uint8Array>> {
  const made = await Promise.all([
    ...[webpOfFrames(9_000), webpOfFrames(40_000), pngOfPackedText(300), pngOfPackedText(300, "iTXt")],
    ...[avifOfTiles(4, 512, 2048), avifOfTiles(15, 1000, 1000), avifOfTiles(15, 1000, 15_000)],
  ]);
  const few = fc.nat({ max: 300 });
  const many = fc.nat({ max: 20_000 });
  const side = fc.integer({ min: 1, max: 600 });
  return fc.oneof(
    fc.constantFrom(...made),
    fc.tuple(many, side).map(([scans, length]) => jpegOfScans(scans, length)),
    few.map((scans) => jpegOfScans(scans, 3000)),
    fc.nat({ max: 400_000 }).map(jpegOfSegments),
    fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 4000 })).map(([w, h]) => flatJpeg(w, h)),
    fc
      .tuple(fc.integer({ min: 9000, max: 17_000 }), fc.integer({ min: 9000, max: 17_000 }))
      .map(([w, h]) => flatJpeg(w, h)),
    fc.nat({ max: 150_000 }).map(gifOfFrames),
    fc.tuple(few, few).map(([pages, entries]) => tiffOfPages(pages + 1, entries)),
    many.map((pages) => tiffOfPages(pages + 1)),
    fc.tuple(few, side).map(([scans, length]) => tiffOfScans(scans, 16 * Math.ceil(length / 16))),
  );
}

export const images: Reader = {
  name: "images",
  open: async (folder) => ({
    seeds: await pictures(),
    tokens,
    generated: { file: "excess.bin", bytes: await excesses() },
    read: ({ file }) => decodeImage(join(folder, file), file),
  }),
};
