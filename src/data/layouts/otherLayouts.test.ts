/** RAF-DB, AffectNet and Kaggle's FER2013 in small copies of each layout that they come in. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdOut, loadSplit } from "../datasets.node.ts";
import { npyScalar } from "./affectnet.node.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-data-"));
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: string | Uint8Array = ""): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const rafdbClasses = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"];

describe("raf-db", () => {
  it("reads the authors' list, also in a folder basic", async () => {
    await put("basic/EmoLabel/list_patition_label.txt", "train_00001.jpg 5\r\ntrain_00002.jpg 4\ntest_0001.jpg 7\n");
    const test = await loadSplit("raf-db", root, "test");
    expect(test).toMatchObject({ name: "test", root: join(root, "basic"), classes: rafdbClasses, leftOut: 0 });
    expect(test.samples).toEqual([{ file: "Image/aligned/test_0001_aligned.jpg", label: 6 }]);
    const train = await loadSplit("raf-db", root, "train");
    expect(train.samples).toEqual([
      { file: "Image/aligned/train_00001_aligned.jpg", label: 4 },
      { file: "Image/aligned/train_00002_aligned.jpg", label: 3 },
    ]);
  });

  it("reads the mirror's folders", async () => {
    for (const label of [1, 2, 3, 4, 5, 6, 7]) await put(`DATASET/test/${label}/test_${label}_aligned.jpg`);
    await put("DATASET/train/1/x.jpg");
    const { samples } = await loadSplit("raf-db", root, "test");
    expect(samples.map(({ file, label }) => [file, label])[6]).toEqual(["DATASET/test/7/test_7_aligned.jpg", 6]);
    await expect(loadSplit("raf-db", root, "train")).rejects.toMatchObject({ code: "DATASET" });
  });

  it("says what was looked for, and names a broken line", async () => {
    await expect(loadSplit("raf-db", root, "train")).rejects.toMatchObject({
      code: "DATASET",
      message: expect.stringContaining("neither EmoLabel/list_patition_label.txt nor DATASET/train is there"),
    });
    await put("EmoLabel/list_patition_label.txt", "train_00001.jpg 5\ntrain_00002.jpg 8\n");
    await expect(loadSplit("raf-db", root, "train")).rejects.toThrow(/list_patition_label\.txt:2/);
  });
});

const affectnetClasses = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"];

describe("affectnet", () => {
  const head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal";
  const row = (file: string, expression: number) => `${file},2,3,40,41,1;2;3,${expression},0.1,-0.2`;

  it("reads the CSV release and leaves out what has no class", async () => {
    const rows = [row("689/a.jpg", 1), row("1/b.jpg", 7), row("1/c.jpg", 10), row("1/d.jpg", 2)];
    await put("Manually_Annotated_file_lists/validation.csv", [head, ...rows].join("\n"));
    await put("Manually_Annotated_Images/689/a.jpg");
    const eight = await loadSplit("affectnet-8", root, "test");
    expect(eight).toMatchObject({
      classes: affectnetClasses,
      leftOut: 1,
      root: join(root, "Manually_Annotated_Images"),
    });
    expect(eight.samples[1]).toEqual({ file: "1/b.jpg", label: 7, box: [2, 3, 42, 44] });
    const seven = await loadSplit("affectnet-7", root, "test");
    expect(seven).toMatchObject({ classes: affectnetClasses.slice(0, 7), leftOut: 2 });
    expect(seven.samples.map(({ label }) => label)).toEqual([1, 2]);
  });

  it("reads the newer release, in the order of its numbers", async () => {
    for (const [number, label] of [
      [10, "6"],
      [2, "0"],
      [3, "7"],
    ] as const) {
      await put(`val_set/images/${number}.jpg`);
      await put(`val_set/annotations/${number}_exp.npy`, npy("<U1", wide(label)));
    }
    const { samples, leftOut } = await loadSplit("affectnet-7", root, "test");
    expect(samples).toEqual([
      { file: "val_set/images/2.jpg", label: 0 },
      { file: "val_set/images/10.jpg", label: 6 },
    ]);
    expect(leftOut).toBe(1);
    await put("val_set/images/4.jpg");
    await expect(loadSplit("affectnet-7", root, "test")).rejects.toThrow(/4_exp\.npy/);
  });

  it("names what is missing", async () => {
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(/neither train_set\/ nor training\.csv/);
    await put("training.csv", "a,b\n1,2\n");
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(
      /subDirectory_filePath is missing.*training\.csv:1/,
    );
    await put("training.csv", [head, row("a.jpg", 11)].join("\n"));
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(/expression 11.*training\.csv:2/);
    await put("training.csv", [head, row("a.jpg", 1)].join("\n"));
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(/the image a\.jpg is in none of/);
  });
});

/** As numpy.save writes a value without axes. */
function npy(type: string, value: Uint8Array): Uint8Array {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (), }`.padEnd(117, " ");
  const head = Uint8Array.from(`\u0093NUMPY\u0001\u0000v\u0000${text}\n`, (character) => character.charCodeAt(0));
  return Uint8Array.from([...head, ...value]);
}
const wide = (text: string) => Uint8Array.from([...text].flatMap((character) => [character.charCodeAt(0), 0, 0, 0]));

describe("a NumPy value", () => {
  it.each<[string, Uint8Array, number]>([
    ["<U2", wide("10"), 10],
    ["|S1", Uint8Array.of(0x33), 3],
    ["<i8", Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0), 7],
    ["<f4", new Uint8Array(Float32Array.of(2).buffer), 2],
  ])("of type %s", (type, bytes, value) => expect(npyScalar(npy(type, bytes), "x.npy")).toBe(value));

  it.each<[string, Uint8Array]>([
    ["no file of NumPy's", Uint8Array.of(1, 2, 3)],
    ["no number", npy("<U1", wide("x"))],
    ["cut", npy("<i8", Uint8Array.of(1))],
    ["an object", npy("|O8", new Uint8Array(8))],
    ["a letter that is none", npy("<U1", Uint8Array.of(0xff, 0xff, 0xff, 0xff))],
    ["cut in its head, of version 2", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0)],
  ])("refuses %s", (_, bytes) => expect(() => npyScalar(bytes, "x.npy")).toThrow(/x\.npy/));
});

describe("kaggle's fer2013", () => {
  const pixels = (value: number) =>
    Array(48 * 48)
      .fill(value)
      .join(" ");
  const votes = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF";

  beforeEach(async () => {
    const rows = [`0,"${pixels(7)}",Training`, `3,"${pixels(9)}",Training`, `4,"${pixels(200)}",PublicTest`];
    await put("fer2013.csv", ["emotion,pixels,Usage", ...rows, ""].join("\r\n"));
    const names = ["Training,fer0000000.png,9,0,0,0,0,0,0,0,1,0", "Training,,0,0,0,0,0,0,0,0,0,10"];
    await put("fer2013new.csv", [votes, ...names, "PublicTest,fer0000002.png,0,8,1,0,0,0,0,0,1,0"].join("\n"));
  });

  it("joins pixels and votes by row", async () => {
    const train = await loadSplit("ferplus", root, "train");
    expect(train.samples.map(({ file, label }) => [file, label])).toEqual([["fer0000000.png", 0]]);
    expect(train.leftOut).toBe(1);
    const { samples } = await loadSplit("ferplus", root, "valid");
    expect(samples[0].grey).toEqual({ width: 48, height: 48, data: new Uint8Array(48 * 48).fill(200) });
  });

  it("refuses files that do not belong together", async () => {
    await put("fer2013new.csv", `${votes}\nPublicTest,a.png,9,0,0,0,0,0,0,0,1,0\n`);
    await expect(loadSplit("ferplus", root, "train")).rejects.toThrow(
      /usage is Training here and PublicTest.*fer2013\.csv:2/,
    );
  });
});

describe("held-out images", () => {
  const samples = [...Array(40).fill(0), ...Array(15).fill(1), 2, 2].map((label, i) => ({ file: `${i}.png`, label }));

  it("are a tenth of each class, the same every time, and none of them is left for training", () => {
    const { train, valid } = holdOut(samples);
    const counts = [0, 1, 2].map((label) => valid.filter((sample) => sample.label === label).length);
    expect(counts).toEqual([4, 2, 1]);
    expect(holdOut(samples)).toEqual({ train, valid });
    expect([...train, ...valid].sort((a, b) => Number.parseInt(a.file, 10) - Number.parseInt(b.file, 10))).toEqual(
      samples,
    );
    expect(valid.map(({ file }) => file)).not.toEqual(samples.slice(0, 7).map(({ file }) => file));
  });

  it("make the validation split of a data set without one, which train then lacks", async () => {
    const lines = Array.from({ length: 70 }, (_, i) => `train_${i}.jpg ${(i % 7) + 1}`);
    await put("EmoLabel/list_patition_label.txt", lines.join("\n"));
    const [train, valid] = await Promise.all(
      (["train", "valid"] as const).map((split) => loadSplit("raf-db", root, split)),
    );
    expect([train.samples.length, valid.samples.length]).toEqual([63, 7]);
    const files = new Set([...train.samples, ...valid.samples].map(({ file }) => file));
    expect(files.size).toBe(70);
  });
});
