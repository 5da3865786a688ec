/** What `doctor` finds in a data set: unreadable pictures, copies within and between splits, labels that contradict. */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawDataset } from "../src/apps/demo/dataset.ts";
import { checkDataset, checkMachine, type DatasetCheck } from "../src/apps/doctor/datasetCheck.ts";
import { differenceHash, findDuplicates, hashDistance, nearDistance } from "../src/apps/doctor/duplicates.ts";
import { doctorSchema } from "../src/apps/doctor/options.ts";
import { providers } from "../src/graph/runtime/session.node.ts";
import { decodeImage } from "../src/pictures/decode.node.ts";

let folder: string;
let data: string;
let check: DatasetCheck;
const face = (split: string, name: string, person: number) =>
  join(data, split, name, `${split}-${String(person).padStart(4, "0")}.png`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-doctor-"));
  data = join(folder, "data");
  await drawDataset({ out: data, seed: 3, facesPerClass: { train: 5, valid: 2, test: 1 } });
  await copyFile(face("train", "anger", 0), face("valid", "anger", 9));
  await copyFile(face("train", "fear", 1), face("train", "sadness", 9));
  await sharp(face("train", "neutral", 2))
    .linear(0.9, 8)
    .jpeg({ quality: 85 })
    .toFile(join(data, "valid", "neutral", "copy.jpg"));
  await writeFile(face("test", "disgust", 8), "no picture");
  check = await checkDataset({ data, dataset: "folder", labelRule: "plurality" });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("counts every split and names what cannot be read", () => {
  expect(check.missing).toEqual([]);
  expect(check.splits.map(({ split, images }) => [split, images])).toEqual([
    ["train", 41],
    ["valid", 18],
    ["test", 9],
  ]);
  expect(check.splits[0].counts).toMatchObject({ anger: 5, sadness: 6 });
  expect(check.splits[0].imbalance).toBeCloseTo(6 / 5, 10);
  expect(check.splits[2].unreadable).toEqual([
    { file: "test/disgust/test-0008.png", message: expect.stringContaining("test-0008.png") },
  ]);
});

it("finds copies, changed copies and contradicting labels, and no pair of different faces", () => {
  const pairs = check.duplicates.map(({ first, second, samePixels }) => [first.file, second.file, samePixels]);
  expect(pairs).toHaveLength(3);
  expect(pairs).toContainEqual(["train/anger/train-0000.png", "valid/anger/valid-0009.png", true]);
  expect(pairs.flat().filter((each) => String(each).includes("sadness/train-0009"))).toHaveLength(1);
  expect(pairs).toContainEqual(["train/neutral/train-0002.png", "valid/neutral/copy.jpg", false]);
  expect(check).toMatchObject({ acrossSplits: 2, contradictions: 1 });
});

it("says which split is missing, and fails where none is there", async () => {
  await rm(join(data, "test"), { recursive: true });
  const { missing } = await checkDataset({ data, dataset: "folder", labelRule: "plurality" });
  expect(missing).toEqual([{ split: "test", reason: expect.stringContaining("test") }]);
  const empty = { data: folder, dataset: "raf-db", labelRule: "plurality" } as const;
  await expect(checkDataset(empty)).rejects.toMatchObject({ code: "DATASET" });
});

describe("the perceptual hash", () => {
  it("has one bit for each pair of neighbours", () => {
    const data = new Uint8Array(3 * 17 * 16);
    for (let i = 0; i < 17 * 16; i++) data.fill(10 * (i % 17), 3 * i, 3 * i + 3);
    const rising = differenceHash({ width: 17, height: 16, data });
    expect([...rising]).toEqual(Array(8).fill(0xffffffff));
    const falling = differenceHash({ width: 17, height: 16, data: data.toReversed() });
    expect(hashDistance(rising, falling)).toBe(256);
    expect(hashDistance(rising, rising)).toBe(0);
  });

  it("bears another size and format", async () => {
    const image = await decodeImage(face("train", "surprise", 3), "a");
    const small = await sharp(face("train", "surprise", 3))
      .resize(64, 64)
      .webp({ quality: 90 })
      .toBuffer();
    expect(hashDistance(differenceHash(image), differenceHash(await decodeImage(small, "b")))).toBeLessThanOrEqual(
      nearDistance,
    );
  });

  it("finds every pair that is near enough, wherever its bits differ", () => {
    const base = Uint32Array.from({ length: 8 }, (_, i) => 0x12345678 * (i + 1));
    const near = Uint32Array.from(base, (word, i) => word ^ (i < 6 ? 0x00010001 : 0));
    const far = Uint32Array.from(base, (word, i) => word ^ (i < 7 ? 0x00010001 : 0));
    const print = (file: string, hash: Uint32Array) => ({ split: "train", file, label: "x", sha256: file, hash });
    const found = findDuplicates([print("a", base), print("b", near), print("c", far)]);
    expect(found.map(({ first, second, distance }) => [first.file, second.file, distance])).toEqual([
      ["a", "b", 12],
      ["b", "c", 2],
    ]);
  });
});

it("knows the machine", async () => {
  const machine = await checkMachine();
  expect(machine.providers).toContain("cpu");
  // What the library was compiled with is either of use here or told with what it lacks.
  expect([...machine.providers, ...machine.unusableProviders.map(({ provider }) => provider)].toSorted()).toEqual(
    providers().toSorted(),
  );
  expect(machine.backbone.name).toBe("faceclip-mini");
  expect(machine.threads).toBeGreaterThan(0);
});

it("wants a data set's folder and kind together", () => {
  expect(doctorSchema.config.safeParse({}).success).toBe(true);
  expect(doctorSchema.config.safeParse({ data: "x" }).success).toBe(false);
  expect(doctorSchema.config.safeParse({ dataset: "folder" }).success).toBe(false);
});
