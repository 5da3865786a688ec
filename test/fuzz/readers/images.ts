/** Pictures of every kind that people have. */
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { decodeImage } from "../../../src/pictures/decode.node.ts";
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

export const images: Reader = {
  name: "images",
  open: async (folder) => ({
    seeds: await pictures(),
    tokens,
    read: ({ file }) => decodeImage(join(folder, file), file),
  }),
};
