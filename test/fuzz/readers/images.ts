/** Readers of pictures in all formats. */
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { decodeImage } from "../../../src/pictures/decode.node.ts";
import {
  avifOfTiles,
  flatJpeg,
  gifOfFrames,
  jpegOfScans,
  jpegOfSegments,
  packedTexts,
  tiffOfPages,
  tiffOfScans,
  webpFrames,
} from "../../hostilePictures.ts";
import type { Extreme } from "../extremes.ts";
import { type Reader, type Seed, utf8 } from "../reader.ts";

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" fill="#a64"/>
<circle cx="20" cy="15" r="9" fill="#37c"/><path d="M2 2L38 28" stroke="#fff"/></svg>`;

/** The same small drawing in all formats, and in variants with other code paths of a decoder. */
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

/** BMP of 4 × 3 pixels of 24 bits. */
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

/** Pictures with very many scans, segments, frames, pages, entries, texts, tiles or columns. */
async function excesses(): Promise<Extreme[]> {
  const [frames, texts] = [await webpFrames(), await packedTexts("zTXt")];
  const grids = await Promise.all([2, 4, 8, 15].map((rows) => avifOfTiles(rows, 512, 512 * rows)));
  const excess = (name: string, most: number, make: Extreme["make"]): Extreme => ({ name, file: "excess", most, make });
  return [
    excess("scans of a JPEG", 30_000, (count) => jpegOfScans(count, 640)),
    excess("segments of a JPEG", 2_000_000, jpegOfSegments),
    excess("columns of a JPEG", 40_000, (count) => flatJpeg(Math.max(1, count), 1000)),
    excess("frames of a WebP", 200_000, frames),
    excess("frames of a GIF", 600_000, gifOfFrames),
    excess("packed texts of a PNG", 2000, texts),
    excess("pages of a TIFF", 150_000, (count) => tiffOfPages(count + 1)),
    excess("entries of a TIFF's pages", 4000, (count) => tiffOfPages(100, count)),
    excess("scans of a TIFF's tile", 30_000, (count) => tiffOfScans(count, 640)),
    excess("tiles of an AVIF", 15, (count) => grids[Math.min(grids.length - 1, Math.floor(count / 4))]),
  ];
}

export const images: Reader = {
  name: "images",
  open: async (folder) => ({
    seeds: await pictures(),
    tokens,
    extremes: await excesses(),
    read: ({ file }) => decodeImage(join(folder, file), file),
  }),
};
