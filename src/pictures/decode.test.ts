import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flatJpeg } from "../../test/hostilePictures.ts";
import { expected, fixturePath, largestDifference, unpack } from "../../test/preprocessFixtures.ts";
import { decodeImage, decodeNodeImage, type NodeImage } from "./decode.node.ts";
import type { RgbImage } from "./image.ts";

describe("decodeImage", () => {
  it.each(expected.decode)("$file agrees with Pillow", async ({ file, width, height, rgb }) => {
    const image = await decodeImage(fixturePath(file), file);
    expect([image.width, image.height]).toEqual([width, height]);
    // JPEG decoders may round differently; the others hold the pixels themselves
    expect(largestDifference(image.data, unpack(rgb))).toBeLessThanOrEqual(file.endsWith(".jpg") ? 2 : 0);
    const fromBytes = await decodeImage(await readFile(fixturePath(file)), file);
    expect(largestDifference(fromBytes.data, image.data)).toBe(0);
  });

  it("cuts 16 bits to 8 and converts CMYK", async () => {
    const red = { r: 255, g: 0, b: 0 };
    const plain = sharp({ create: { width: 2, height: 1, channels: 3, background: red } });
    const deep = await plain.clone().toColourspace("rgb16").png().toBuffer();
    expect([...(await decodeImage(deep, "deep")).data]).toEqual([255, 0, 0, 255, 0, 0]);
    const printed = await decodeImage(await plain.clone().toColourspace("cmyk").jpeg().toBuffer(), "printed");
    expect(printed.data.length).toBe(6);
    expect(printed.data[0]).toBeGreaterThan(180);
    expect(printed.data[1]).toBeLessThan(80);
  });
});

describe("unreadable images", () => {
  let folder: string;
  const put = async (name: string, bytes: Uint8Array | string) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "decode-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const failure = (file: string | Uint8Array) => expect(decodeImage(file, "face.png")).rejects;

  it("says which is missing, empty or no image", async () => {
    await failure(join(folder, "no.png")).toMatchObject({
      code: "IMAGE",
      message: "the image is not there (face.png). Fix: replace it or take it out",
    });
    await failure(folder).toThrow("the image is a folder");
    await failure(await put("empty.png", "")).toThrow("the image is empty (face.png)");
    await failure(new Uint8Array(0)).toThrow("the image is empty");
    await failure(await put("text.png", "hello")).toThrow("the image cannot be decoded (no PNG, ");
  });

  it.each(["odd-37x53.png", "colour-61x45.jpg", "colour-19x13.bmp"])("refuses a truncated %s", async (file) => {
    const bytes = await readFile(fixturePath(file));
    await failure(await put(file, bytes.subarray(0, Math.floor(bytes.length * 0.7)))).toThrow("cannot be decoded");
  });

  it("refuses a strip", async () => {
    const strip = sharp({ create: { width: 65, height: 2, channels: 3, background: "black" } });
    await failure(await strip.png().toBuffer()).toThrow("the image is 65×2, longer than 32 : 1");
    const allowed = await strip.resize(64, 2, { fit: "fill" }).png().toBuffer();
    expect(await decodeImage(allowed, "allowed")).toMatchObject({ width: 64, height: 2 });
  });

  it("refuses more than 50 MB before reading them", async () => {
    const file = await put("large.png", "");
    await truncate(file, 50_000_001);
    await failure(file).toThrow("the image has more than 50 MB");
    await failure(new Uint8Array(50_000_001)).toThrow("the image has more than 50 MB");
  });

  it("refuses what would take too much memory to decode, from the header alone", async () => {
    const blank = (side: number) => sharp({ create: { width: side, height: side, channels: 3, background: "black" } });
    const avif = await blank(64).avif({ effort: 0 }).toBuffer();
    // the size stands in the box "ispe"; the pixels behind it are left as they are
    const box = avif.indexOf("ispe");
    avif.writeUInt32BE(5000, box + 8);
    avif.writeUInt32BE(5000, box + 12);
    await failure(avif).toThrow("the image would take 475 MB to decode, 400 are allowed");
  });

  it("refuses drawings, whatever they are called", async () => {
    const drawing = '<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    await failure(await put("drawing.png", drawing)).toThrow("the image is a drawing (SVG), not a photograph");
  });

  it("does not wait for a pipe", async () => {
    const pipe = join(folder, "pipe.png");
    execFileSync("mkfifo", [pipe]);
    await failure(pipe).toThrow("the image is not a file");
  });

  it("refuses a file of many bands from its header", async () => {
    const tiff = tiffOfBands(6);
    await failure(tiff).toThrow("channel limit");
    expect(await decodeImage(tiffOfBands(3), "three")).toMatchObject({ width: 1, height: 1 });
  });

  it("refuses more than 250 megapixels from the header alone, and a bitmap above 40", async () => {
    const png = await sharp({ create: { width: 16, height: 16, channels: 3, background: "black" } })
      .png()
      .toBuffer();
    png.writeUInt32BE(16_000, 16);
    png.writeUInt32BE(16_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    await failure(png).toThrow("the image has more than 250 megapixels");
    const bitmap = Buffer.alloc(54);
    bitmap.write("BM");
    for (const [offset, value] of [
      [14, 40],
      [18, 7000],
      [22, 6000],
    ])
      bitmap.writeInt32LE(value, offset);
    bitmap.writeInt16LE(24, 28);
    await failure(bitmap).toThrow("the image has more than 40 megapixels");
  });

  it("names kinds that are not read, and what makes one of them that is", async () => {
    const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
    await failure(await put("photo.jpg", heic)).toThrow(
      "the image is of the kind HEIC, which is not read here (face.png). Fix: convert it with `heif-convert IN OUT.jpg`",
    );
    const tiff = await sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } })
      .tiff()
      .toBuffer();
    expect(await decodeImage(await put("a.tiff", tiff), "a")).toMatchObject({ width: 9 });
    await failure(await put("a.NEF", tiff)).toThrow("the image is of the kind NEF (RAW), which is not read here");
    const film = Buffer.from("\0\0\0\x18ftypisom\0\0\x02\0isomiso2", "latin1");
    await failure(film).toThrow("the image is no picture but a video (MP4 video) (face.png)");
  });
});

describe("a picture of more than 40 megapixels", () => {
  const shape = ({ width, height, original, data }: RgbImage) => ({ width, height, original, bytes: data.length });

  it("is decoded at a half, and keeps its own size", async () => {
    const white = await sharp({ create: { width: 800, height: 600, channels: 3, background: "white" } })
      .png()
      .toBuffer();
    const scene = sharp({ create: { width: 8064, height: 6047, channels: 3, background: "#7a8794" } });
    const file = await scene
      .composite([{ input: white, left: 2000, top: 4000 }])
      .png({ compressionLevel: 1 })
      .toBuffer();
    const image = await decodeImage(file, "a");
    const bytes = 3 * 4032 * 3024;
    expect(shape(image)).toEqual({ width: 4032, height: 3024, original: { width: 8064, height: 6047 }, bytes });
    const red = (x: number, y: number) => image.data[3 * (y * image.width + x)];
    const [inside, outside] = [
      [red(1010, 2010), red(1390, 2290)],
      [red(990, 1990), red(1410, 2310)],
    ];
    expect([inside, outside]).toEqual([
      [255, 255],
      [0x7a, 0x7a],
    ]);
  });

  it("is turned upright, and decoded at a quarter where a half is still too large", async () => {
    expect(shape(await decodeImage(flatJpeg(9000, 6000, { orientation: 6 }), "a"))).toMatchObject({
      ...{ width: 3000, height: 4500, original: { width: 6000, height: 9000 } },
    });
    expect(shape(await decodeImage(flatJpeg(16_320, 12_240), "a"))).toMatchObject({ width: 4080, height: 3060 });
  });

  it("is refused where its decoder would need all of it at once", async () => {
    expect(shape(await decodeImage(flatJpeg(8000, 6000, { progressive: true }), "a"))).toMatchObject({ width: 4000 });
    await expect(decodeImage(flatJpeg(15_000, 14_000, { progressive: true }), "a")).rejects.toThrow(
      "the image would take 499 MB to decode, 400 are allowed",
    );
  });

  it("of 40 megapixels and less stands whole, also a panorama beyond 8 : 1", async () => {
    const panorama = await decodeImage(flatJpeg(16_000, 1900), "a");
    expect(shape(panorama)).toEqual({ width: 16_000, height: 1900, original: undefined, bytes: 3 * 16_000 * 1900 });
  });
});

/** An uncompressed TIFF of 1 × 1 pixel with so many bands of 8 bits. */
function tiffOfBands(bands: number): Uint8Array {
  const tags: readonly (readonly [tag: number, type: 3 | 4, count: number, value: number])[] = [
    [256, 3, 1, 1],
    [257, 3, 1, 1],
    [258, 3, bands, 200],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 300],
    [277, 3, 1, bands],
    [278, 3, 1, 1],
    [279, 4, 1, bands],
  ];
  const bytes = Buffer.alloc(300 + bands);
  bytes.write("II*\0\x08");
  bytes.writeUInt16LE(tags.length, 8);
  for (const [i, [tag, type, count, value]] of tags.entries()) {
    bytes.writeUInt16LE(tag, 10 + 12 * i);
    bytes.writeUInt16LE(type, 12 + 12 * i);
    bytes.writeUInt32LE(count, 14 + 12 * i);
    bytes.writeUInt32LE(value, 18 + 12 * i);
  }
  for (let band = 0; band < bands; band++) bytes.writeUInt16LE(8, 200 + 2 * band);
  return bytes;
}

describe("pictures as callers give them", () => {
  const file = fixturePath("odd-37x53.png");

  it("are paths, URLs of files, bytes in any form, blobs and data: URIs", async () => {
    const bytes = new Uint8Array(await readFile(file));
    const base64 = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
    const percent = `data:image/png,${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`;
    const forms: NodeImage[] = [
      ...[file, pathToFileURL(file), pathToFileURL(file).href, base64, new URL(base64), percent],
      ...[bytes, Buffer.from(bytes), bytes.buffer, new DataView(bytes.buffer), new Blob([bytes])],
    ];
    for (const form of forms) expect(await decodeNodeImage(form)).toMatchObject({ width: 37, height: 53 });
  });

  // What a caller in JavaScript can give, whatever the types say.
  const given = (value: unknown): Promise<RgbImage> => Reflect.apply(decodeNodeImage, undefined, [value]);

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "undefined is no picture. Fix: give a path"],
    ["null", null, "null is no picture"],
    ["a number", 5, "a number is no picture"],
    ["an empty string", "", "an empty string is no picture"],
    ["a list", ["photo.jpg"], "a list is no picture"],
    ["an object", { file: "photo.jpg" }, "this object is no picture"],
    ["pixels of another kind", { width: 1, height: 1, data: [1, 2, 3] }, "this object is no picture"],
    ["a map", new Map(), "a value of Map is no picture"],
    ["an address", "https://example.org/a.jpg", "pictures are not fetched from https: addresses. Fix: fetch it and"],
    ["a URL of the network", new URL("http://example.org/a.jpg"), "pictures are not fetched from http: addresses"],
    ["a URL of a blob", "blob:nodedata:5", "pictures are not fetched from blob: addresses"],
    ["a URL of another machine's file", new URL("file://far/a.jpg"), "this file: URL names no file"],
  ])("are refused where they are %s", async (_, value, message) => {
    await expect(given(value)).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining(message) });
  });

  it.each<[string, unknown, string]>([
    ["an empty buffer", Buffer.alloc(0), "the image is empty"],
    ["an empty blob", new Blob([]), "the image is empty"],
    ["a data: URI without data", "data:image/png", "the data: URI has no comma"],
    ["a data: URI of no base64", "data:image/png;base64,!!", "the data: URI is not base64"],
    ["a data: URI of text", "data:text/plain,hello", "the image cannot be decoded"],
  ])("cannot be read where they are %s", async (_, value, message) => {
    await expect(given(value)).rejects.toMatchObject({ code: "IMAGE", message: expect.stringContaining(message) });
  });

  it.each([
    ["base64", Buffer.alloc(1_000_000, 7).toString("base64")],
    ["a data: URI of no picture", `data:image/png;base64,${Buffer.alloc(1_000_000, 7).toString("base64")}`],
    ["a data: URI that is too large", `data:image/png;base64,${"A".repeat(68_000_000)}`],
  ])("are not repeated in the error where they are %s", async (_, text) => {
    const { message } = await given(text).then(
      () => new Error("it was read"),
      (error: Error) => error,
    );
    expect(message).toMatch(/no path|cannot be decoded|more than 50 MB/);
    expect(message.length).toBeLessThan(250);
  });
});
