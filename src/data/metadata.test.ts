import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMetadata } from "./metadata.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-metadata-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const csv = async (text: string) => {
  const path = join(folder, "metadata.csv");
  await writeFile(path, text);
  return path;
};
const files = ["valid/a.png", "valid/b.png", "other/b.png"];

describe("metadata", () => {
  it("matches the whole path, or the base name if it is unique", async () => {
    const path = await csv("file,light,place\na.png, low ,in\nvalid/b.png,high,\nb.png,none,none\n");
    expect(await readMetadata(path, files)).toEqual([
      { name: "light", values: ["low", "high", ""] },
      { name: "place", values: ["in", "", ""] },
    ]);
    expect(await readMetadata(path, files, ["place"])).toEqual([{ name: "place", values: ["in", "", ""] }]);
  });

  it("matches a file by its cell in predictions.csv", async () => {
    const path = await csv("file,light\n'=a.png,low\n");
    expect(await readMetadata(path, ["=a.png"])).toEqual([{ name: "light", values: ["low"] }]);
  });

  it.each([
    ["file,light\na.png\n", undefined, "DATASET", /:2\)\. Fix: correct/],
    ["file,light\na.png,x\na.png,y\n", undefined, "DATASET", /"a\.png" is listed twice.*:3/],
    ["file\na.png\n", undefined, "DATASET", /no column beside/],
    ["file,light\na.png,x\n", ["age"], "USAGE", /no column age.*choose from light/],
    ["file,light\nz.png,x\n", undefined, "USAGE", /none of the 3 images.*valid\/a\.png/],
  ])("%j for %j fails", async (text, wanted, code, message) => {
    await expect(readMetadata(await csv(text), files, wanted)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
