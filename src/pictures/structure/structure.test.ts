import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  avifOfTiles,
  gifOfFrames,
  jpegOfScans,
  jpegOfSegments,
  pngOfPackedText,
  tiffOfPages,
  tiffOfScans,
  webpOfFrames,
} from "../../../test/hostilePictures.ts";
import { decodeImage } from "../decode.node.ts";
import { withoutPackedText } from "./chunks.ts";
import { jpegFault } from "./jpeg.ts";

const refusal = (bytes: Uint8Array) => expect(decodeImage(bytes, "a")).rejects;
const read = async (bytes: Uint8Array) => {
  const { width, height } = await decodeImage(bytes, "a");
  return [width, height];
};

describe("a picture is rejected if its structure would take a decoder too long, and decoded below the maximum", () => {
  it("scans of a JPEG", async () => {
    expect(await read(jpegOfScans(99, 64))).toEqual([64, 64]);
    await refusal(jpegOfScans(30_000, 64)).toThrow("the image has more than 100 scans (a)");
    // what stands in a segment, such as a preview, is no scan
    const preview = segmentOf(Buffer.alloc(60_000, "\xff\xda\0\x02", "latin1"));
    const whole = jpegOfScans(1, 64);
    expect(await read(Buffer.concat([whole.subarray(0, 2), preview, whole.subarray(2)]))).toEqual([64, 64]);
    // nor is what follows the picture, as phones append films to photographs
    expect(jpegFault(Buffer.concat([whole, Buffer.alloc(4000, "\xff\xda\0\x02", "latin1")]))).toBeUndefined();
  });

  it("segments of a JPEG", async () => {
    expect(await read(jpegOfSegments(1000))).toEqual([16, 16]);
    await refusal(jpegOfSegments(1_000_000)).toThrow("the image has more than 2000 segments");
  });

  it("frames of a WebP", async () => {
    expect(await read(await webpOfFrames(1000))).toEqual([16, 16]);
    await refusal(await webpOfFrames(100_000)).toThrow("the image has more than 10000 frames");
  });

  it("frames of a GIF", async () => {
    expect(await read(gifOfFrames(1000))).toEqual([8, 8]);
    await refusal(gifOfFrames(200_000)).toThrow("the image has more than 100000 frames");
  });

  it("pages of a TIFF, and the entries of a page", async () => {
    expect(await read(tiffOfPages(1000))).toEqual([1, 1]);
    await refusal(tiffOfPages(150_000)).toThrow("the image has more than 1000 pages");
    await refusal(tiffOfPages(1, 4000)).toThrow("the image has a directory of more than 256 entries");
    await refusal(tiffOfPages(500, 200)).toThrow("the image has more than 20000 entries in its pages");
  });

  it("scans of a tile in a TIFF", async () => {
    expect(await read(tiffOfScans(90, 256))).toEqual([256, 256]);
    await refusal(tiffOfScans(3000, 256)).toThrow("the image has a tile of more than 100 scans");
  });

  it("tiles of an AVIF, counted with repeats", async () => {
    expect(await read(await avifOfTiles(3, 64, 192))).toEqual([192, 192]);
    await refusal(await avifOfTiles(10, 1000, 1000)).toThrow("the image is put together from more than 60 megapixels");
  });
});

it("compressed text of a PNG is not inflated, and the pixels are the same", async () => {
  for (const type of ["zTXt", "iTXt"] as const) {
    const bytes = await pngOfPackedText(200, type);
    const before = process.memoryUsage().rss;
    expect([...(await decodeImage(bytes, "a")).data.subarray(0, 3)]).toEqual([0x12, 0x34, 0x56]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    expect(withoutPackedText(bytes).length).toBe((await pngOfPackedText(0)).length);
  }
});

it("ordinary pictures are passed to the decoder unchanged", async () => {
  const drawn = () => sharp({ create: { width: 40, height: 30, channels: 3, background: "#a64" } });
  const png = await drawn().png().toBuffer();
  expect(withoutPackedText(png)).toBe(png);
  expect(jpegFault(await drawn().jpeg({ progressive: true }).toBuffer())).toBeUndefined();
});

const segmentOf = (data: Buffer) =>
  Buffer.concat([Buffer.from([0xff, 0xe1, (data.length + 2) >> 8, (data.length + 2) & 255]), data]);
