/** Small files that would take a decoder much time or memory; each is valid except for its excess. */
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

const u16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255]);
const u32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const u24le = (value: number) => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);
const latin = (text: string) => Buffer.from(text, "latin1");
const repeated = (part: Buffer, times: number) => Buffer.alloc(part.length * times, part);

const segment = (marker: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);
/** Huffman table with one code: bit 0 for this value. */
const oneCode = (table: number, value: number) =>
  segment(0xc4, Buffer.from([table, 1, ...Array.from({ length: 15 }, () => 0), value]));

/** A black progressive JPEG of `side` × `side`, grey, whose coefficients are sent again in `scans` scans. */
export function jpegOfScans(scans: number, side: number): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  // Runs of 16,384 blocks without a coefficient: one bit and fourteen.
  const empty = Buffer.alloc(Math.ceil((Math.ceil(blocks / 16_383) * 15) / 8));
  const scan = Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 1, 63, 0])), empty]);
  return Buffer.concat([
    ...[latin("\xff\xd8"), segment(0xdb, Buffer.from([0, ...Array.from({ length: 64 }, () => 1)]))],
    segment(0xc2, Buffer.concat([Buffer.from([8]), u16(side), u16(side), Buffer.from([1, 1, 0x11, 0])])),
    ...[oneCode(0x00, 0), oneCode(0x10, 0xe0)],
    ...[segment(0xda, Buffer.from([1, 1, 0, 0, 0, 0])), Buffer.alloc(Math.ceil(blocks / 8))],
    ...[repeated(scan, scans), latin("\xff\xd9")],
  ]);
}

/** A grey JPEG of one colour and the given size; `orientation` is EXIF's. */
export function flatJpeg(width: number, height: number, { progressive = false, orientation = 1 } = {}): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const exif = latin(
    `Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0${String.fromCharCode(orientation)}\0\0\0\0\0\0`,
  );
  const frame = Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([1, 1, 0x11, 0])]);
  return Buffer.concat([
    ...[latin("\xff\xd8"), segment(0xe1, exif)],
    segment(0xdb, Buffer.from([0, ...Array.from({ length: 64 }, () => 1)])),
    ...[segment(progressive ? 0xc2 : 0xc0, frame), oneCode(0x00, 0), oneCode(0x10, 0)],
    segment(0xda, Buffer.from([1, 1, 0, 0, progressive ? 0 : 63, 0])),
    // Per block, one bit for an unchanged DC coefficient and one for no AC coefficients.
    ...[Buffer.alloc(Math.ceil((blocks * (progressive ? 1 : 2)) / 8)), latin("\xff\xd9")],
  ]);
}

/** A JPEG with many empty application segments, which a reader stores. */
export function jpegOfSegments(count: number): Buffer {
  const whole = jpegOfScans(1, 16);
  return Buffer.concat([whole.subarray(0, 2), repeated(segment(0xe1, Buffer.alloc(0)), count), whole.subarray(2)]);
}

const pngChunk = (type: string, data: Buffer) =>
  Buffer.concat([u32(data.length), latin(type), data, u32(crc32(Buffer.concat([latin(type), data])))]);

/** A PNG with many compressed texts of 7.9 MB each. */
export const pngOfPackedText = async (count: number, type: "zTXt" | "iTXt" = "zTXt"): Promise<Buffer> =>
  (await packedTexts(type))(count);

/** `pngOfPackedText`, for several counts. */
export async function packedTexts(type: "zTXt" | "iTXt"): Promise<(count: number) => Buffer> {
  const whole = await sharp({ create: { width: 5, height: 4, channels: 3, background: "#123456" } })
    .png()
    .toBuffer();
  const packed = deflateSync(Buffer.alloc(7_900_000, "a"), { level: 9 });
  const text = pngChunk(type, Buffer.concat([latin(type === "zTXt" ? "k\0\0" : "k\0\x01\0\0\0"), packed]));
  const head = 8 + 12 + 13;
  return (count) => Buffer.concat([whole.subarray(0, head), repeated(text, count), whole.subarray(head)]);
}

const riffChunk = (type: string, data: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([latin(type), length, data, Buffer.alloc(data.length % 2)]);
};

/** A WebP of 16 × 16 with many frames. */
export const webpOfFrames = async (count: number): Promise<Buffer> => (await webpFrames())(count);

/** `webpOfFrames`, for several counts. */
export async function webpFrames(): Promise<(count: number) => Buffer> {
  const still = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#345" } })
    .webp()
    .toBuffer();
  const place = Buffer.concat([u24le(0), u24le(0), u24le(15), u24le(15), u24le(100), Buffer.from([0])]);
  const frame = riffChunk("ANMF", Buffer.concat([place, still.subarray(12)]));
  const head = riffChunk("VP8X", Buffer.concat([Buffer.from([2, 0, 0, 0]), u24le(15), u24le(15)]));
  return (count) =>
    riffChunk("RIFF", Buffer.concat([latin("WEBP"), head, riffChunk("ANIM", Buffer.alloc(6)), repeated(frame, count)]));
}

/** A GIF with many frames of one pixel. */
export function gifOfFrames(count: number): Buffer {
  const head = latin("GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff");
  const frame = latin("\x21\xf9\x04\0\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0");
  return Buffer.concat([head, repeated(frame, count), latin("\x3b")]);
}

type Tag = readonly [tag: number, type: number, count: number, value: number];

/** A TIFF of these pages, which follow its data. */
function tiff(pages: readonly (readonly Tag[])[], data: Buffer): Buffer {
  const parts = [latin("II*\0"), Buffer.alloc(4), data];
  parts[1].writeUInt32LE(8 + data.length);
  let at = 8 + data.length;
  for (const [i, tags] of pages.entries()) {
    const directory = Buffer.alloc(2 + 12 * tags.length + 4);
    directory.writeUInt16LE(tags.length);
    for (const [j, [tag, type, count, value]] of tags.entries()) {
      directory.writeUInt16LE(tag, 2 + 12 * j);
      directory.writeUInt16LE(type, 4 + 12 * j);
      directory.writeUInt32LE(count, 6 + 12 * j);
      directory.writeUInt32LE(value, 10 + 12 * j);
    }
    at += directory.length;
    directory.writeUInt32LE(i === pages.length - 1 ? 0 : at, directory.length - 4);
    parts.push(directory);
  }
  return Buffer.concat(parts);
}

/** A TIFF of many pages of one pixel, each with many unknown entries. */
export function tiffOfPages(pages: number, unknownEntries = 0): Buffer {
  const pixel: Tag[] = [
    ...([
      [256, 3, 1, 1],
      [257, 3, 1, 1],
      [258, 3, 1, 8],
      [259, 3, 1, 1],
      [262, 3, 1, 1],
    ] as const),
    ...([
      [273, 4, 1, 8],
      [277, 3, 1, 1],
      [278, 3, 1, 1],
      [279, 4, 1, 1],
    ] as const),
  ];
  const unknown = Array.from({ length: unknownEntries }, (_, i): Tag => [40_000 + i, 4, 1, 0]);
  return tiff(
    Array.from({ length: pages }, () => [...pixel, ...unknown]),
    Buffer.alloc(4, 200),
  );
}

/** A TIFF with one tile that is a JPEG of many scans. */
export function tiffOfScans(scans: number, side: number): Buffer {
  const tile = jpegOfScans(scans, side);
  const page: Tag[] = [
    ...([
      [256, 4, 1, side],
      [257, 4, 1, side],
      [258, 3, 1, 8],
      [259, 3, 1, 7],
      [262, 3, 1, 1],
      [277, 3, 1, 1],
    ] as const),
    ...([
      [284, 3, 1, 1],
      [322, 4, 1, side],
      [323, 4, 1, side],
      [324, 4, 1, 8],
      [325, 4, 1, tile.length],
    ] as const),
  ];
  return tiff([page], Buffer.concat([tile, Buffer.alloc(tile.length % 2)]));
}

const box = (type: string, ...parts: readonly Buffer[]) => {
  const data = Buffer.concat(parts);
  return Buffer.concat([u32(data.length + 8), latin(type), data]);
};
const fullBox = (type: string, version: number, flags: number, ...parts: readonly Buffer[]) =>
  box(type, Buffer.from([version, 0, 0, flags]), ...parts);

/** An AVIF of `rows` × `rows` tiles of `side` pixels, all of them the same item, shown in a canvas of `canvas` pixels a side. */
export async function avifOfTiles(rows: number, side: number, canvas: number): Promise<Buffer> {
  const still = await sharp({ create: { width: side, height: side, channels: 3, background: "black" } })
    .avif({ effort: 0, quality: 1 })
    .toBuffer();
  const coded = still.subarray(still.indexOf("mdat") + 4);
  const codecAt = still.indexOf("av1C") - 4;
  const codec = still.subarray(codecAt, codecAt + still.readUInt32BE(codecAt));
  const grid = Buffer.concat([Buffer.from([0, 0, rows - 1, rows - 1]), u16(canvas), u16(canvas)]);
  const size = (length: number) => fullBox("ispe", 0, 0, u32(length), u32(length));
  const item = (id: number, type: string, hidden: number) =>
    fullBox("infe", 2, hidden, u16(id), u16(0), latin(`${type}\0`));
  const place = (id: number, offset: number, length: number) =>
    Buffer.concat([u16(id), u16(0), u16(0), u16(1), u32(offset), u32(length)]);
  const head = (at: number) =>
    Buffer.concat([
      box("ftyp", latin("avif\0\0\0\0mif1avifmiaf")),
      fullBox(
        ...(["meta", 0, 0] as const),
        fullBox("hdlr", 0, 0, u32(0), latin("pict"), Buffer.alloc(13)),
        fullBox("pitm", 0, 0, u16(1)),
        fullBox(
          ...(["iloc", 1, 0] as const),
          Buffer.from([0x44, 0]),
          u16(2),
          place(1, at, grid.length),
          place(2, at + grid.length, coded.length),
        ),
        fullBox("iinf", 0, 0, u16(2), item(1, "grid", 0), item(2, "av01", 1)),
        fullBox("iref", 0, 0, box("dimg", u16(1), u16(rows ** 2), repeated(u16(2), rows ** 2))),
        box(
          "iprp",
          box("ipco", codec, size(canvas), size(side), fullBox("pixi", 0, 0, Buffer.from([3, 8, 8, 8]))),
          fullBox("ipma", 0, 0, u32(2), u16(1), Buffer.from([2, 2, 4]), u16(2), Buffer.from([3, 0x81, 3, 4])),
        ),
      ),
    ]);
  return Buffer.concat([head(head(0).length + 8), box("mdat", grid, coded)]);
}
