import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expected, fixturePath, largestDifference, unpack } from "../../test/preprocessFixtures.ts";
import { decodeImage } from "./decode.ts";

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
      message: "the image is not there or not a file, face.png, replace it or take it out",
    });
    await failure(folder).toThrow("the image is not there or not a file");
    await failure(await put("empty.png", "")).toThrow("the image is empty, face.png");
    await failure(new Uint8Array(0)).toThrow("the image is empty");
    await failure(await put("text.png", "hello")).toThrow("the image cannot be decoded (");
  });

  it.each(["odd-37x53.png", "colour-61x45.jpg", "colour-19x13.bmp"])("refuses a truncated %s", async (file) => {
    const bytes = await readFile(fixturePath(file));
    await failure(await put(file, bytes.subarray(0, Math.floor(bytes.length * 0.7)))).toThrow("cannot be decoded");
  });

  it("refuses a strip", async () => {
    const strip = sharp({ create: { width: 201, height: 1, channels: 3, background: "black" } });
    await failure(await strip.png().toBuffer()).toThrow("the image cannot be decoded (201×1 is too long)");
  });

  it("refuses more than 40 megapixels from the header alone", async () => {
    const bytes = await sharp({ create: { width: 7000, height: 6000, channels: 3, background: "black" } })
      .png()
      .toBuffer();
    await failure(bytes).toThrow("the image has more than 40 megapixels");
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
});
