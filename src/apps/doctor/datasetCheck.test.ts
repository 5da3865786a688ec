/** What `doctor` finds in a data set: unreadable pictures, copies within and between splits, labels that contradict. */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { providers } from "../../graph/runtime/session.node.ts";
import { datasetText } from "../cli/commands/doctor.ts";
import { drawDataset } from "../demo/dataset.ts";
import { checkDataset, type DatasetCheck } from "./datasetCheck.ts";
import { checkMachine } from "./machineCheck.ts";
import { doctorSchema } from "./options.ts";

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
  for (const name of ["phone.HEIC", "phone.jxl", "notes.txt"]) await writeFile(join(data, "train", "fear", name), "");
  check = await checkDataset({ data, dataset: "folder", labelRule: "plurality" });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("prints counts with separators of thousands", () => {
  const [train, ...others] = check.splits;
  const large = { ...train, images: 12_271, counts: { ...train.counts, anger: 1_290 } };
  const text = datasetText({ ...check, splits: [large, ...others] });
  expect(text).toMatch(/^class +train +valid +test\n/);
  expect(text).toMatch(/^anger +1,290 /m);
  expect(text).toMatch(/^all +12,271 /m);
});

it("counts the images of every split and names unreadable ones", () => {
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

it("counts files that are not pictures, by kind", () => {
  expect(check.splits.map(({ passedOver }) => passedOver)).toEqual([{ ".txt": 1, HEIC: 1, "JPEG XL": 1 }, {}, {}]);
  expect(check.notices).toEqual(["train: 3 of 44 files were passed over: 1 .txt, 1 HEIC, 1 JPEG XL"]);
});

it("finds copies, modified copies and contradicting labels, but no pair of different faces", () => {
  const pairs = check.duplicates.map(({ first, second, samePixels }) => [first.file, second.file, samePixels]);
  expect(pairs).toHaveLength(3);
  expect(pairs).toContainEqual(["train/anger/train-0000.png", "valid/anger/valid-0009.png", true]);
  expect(pairs.flat().filter((each) => String(each).includes("sadness/train-0009"))).toHaveLength(1);
  expect(pairs).toContainEqual(["train/neutral/train-0002.png", "valid/neutral/copy.jpg", false]);
  expect(check).toMatchObject({ acrossSplits: 2, contradictions: 1 });
});

it("reports missing splits, and fails if there is none", async () => {
  await rm(join(data, "test"), { recursive: true });
  const { missing } = await checkDataset({ data, dataset: "folder", labelRule: "plurality" });
  expect(missing).toEqual([{ split: "test", reason: expect.stringContaining("test") }]);
  const empty = { data: folder, dataset: "raf-db", labelRule: "plurality" } as const;
  await expect(checkDataset(empty)).rejects.toMatchObject({ code: "DATASET" });
});

it("describes the machine", async () => {
  const machine = await checkMachine();
  expect(machine.providers).toContain("cpu");
  // What the library was compiled with is either of use here or told with what it lacks.
  expect([...machine.providers, ...machine.unusableProviders.map(({ provider }) => provider)].toSorted()).toEqual(
    providers().toSorted(),
  );
  expect(machine.backbone.name).toBe("faceclip-mini");
  expect(machine.threads).toBeGreaterThan(0);
});

it("requires the folder and kind of a data set together", () => {
  expect(doctorSchema.config.safeParse({}).success).toBe(true);
  expect(doctorSchema.config.safeParse({ data: "x" }).success).toBe(false);
  expect(doctorSchema.config.safeParse({ dataset: "folder" }).success).toBe(false);
});
