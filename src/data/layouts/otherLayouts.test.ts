/** RAF-DB, AffectNet and Kaggle's FER2013 in small copies of each layout that they come in. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdOut, loadSplit } from "../datasets.node.ts";
import { npyScalar } from "../npy.ts";

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
    for (const name of ["train_00001", "train_00002", "test_0001"])
      await put(`basic/Image/aligned/${name}_aligned.jpg`);
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

  it("counts missing images and other files", async () => {
    await put("EmoLabel/list_patition_label.txt", "test_1.jpg 5\ntest_2.jpg 4\n");
    await put("Image/aligned/test_2_aligned.jpg");
    const lines: string[] = [];
    const notice = (line: string) => lines.push(line);
    expect((await loadSplit("raf-db", root, "test", { notice })).samples).toHaveLength(2);
    await rm(join(root, "Image"), { recursive: true });
    await expect(loadSplit("raf-db", root, "test")).rejects.toThrow(
      "none of the 2 images of the test split is there, the first Image/aligned/test_1_aligned.jpg",
    );
    await rm(join(root, "EmoLabel"), { recursive: true });
    await put("DATASET/train/1/x.jpg");
    for (const label of [1, 2, 3, 4, 5, 6, 7]) await put(`DATASET/test/${label}/deeper/a.jpeg`);
    await put("DATASET/test/3/b.HEIC");
    const { samples, passedOver } = await loadSplit("raf-db", root, "test", { notice });
    expect(samples[2].file).toBe("DATASET/test/3/deeper/a.jpeg");
    expect(passedOver).toEqual({ HEIC: 1 });
    expect(lines).toEqual([
      "test: 1 of 2 images is missing, the first Image/aligned/test_1_aligned.jpg",
      "test: 1 of 8 files was passed over: 1 HEIC",
    ]);
  });

  it("lists the expected files, and names a malformed line", async () => {
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

  it("reads the CSV release and leaves out images without a class", async () => {
    const rows = [row("689/a.jpg", 1), row("1/b.jpg", 7), row("1/c.jpg", 10), row("1/d.jpg", 2)];
    await put("Manually_Annotated_file_lists/validation.csv", [head, ...rows].join("\n"));
    for (const name of ["689/a.jpg", "1/b.jpg", "1/d.jpg"]) await put(`Manually_Annotated_Images/${name}`);
    const eight = await loadSplit("affectnet-8", root, "test");
    expect(eight).toMatchObject({
      classes: affectnetClasses,
      leftOut: 1,
      leftOutBy: { "no face": 1 },
      root: join(root, "Manually_Annotated_Images"),
    });
    expect(eight.samples[1]).toEqual({ file: "1/b.jpg", label: 7, box: [2, 3, 42, 44] });
    const seven = await loadSplit("affectnet-7", root, "test");
    expect(seven).toMatchObject({ classes: affectnetClasses.slice(0, 7), leftOut: 2 });
    expect(seven.samples.map(({ label }) => label)).toEqual([1, 2]);
  });

  it("reads the newer release in numeric order", async () => {
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
    await put("val_set/annotations/4_exp.npy", npy("<U2", wide("11")));
    await expect(loadSplit("affectnet-7", root, "test")).rejects.toThrow(/expression 11.*4_exp\.npy/);
  });

  it("names the missing files", async () => {
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(/neither train_set\/ nor training\.csv/);
    await put("training.csv", "a,b\n1,2\n");
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(
      /subDirectory_filePath is missing.*training\.csv:1/,
    );
    await put("training.csv", [head, row("a.jpg", 11)].join("\n"));
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(/expression 11.*training\.csv:2/);
    await put("training.csv", [head, row("a.jpg", 1)].join("\n"));
    await expect(loadSplit("affectnet-8", root, "train")).rejects.toThrow(
      /none of the 1 images, the first "a\.jpg", is in Manually_Annotated_Images.*\(.*\)\. Fix: unpack the images there/,
    );
  });

  const notices = async (kind: string, split: "train" | "test") => {
    const lines: string[] = [];
    const { samples } = await loadSplit(kind, root, split, { notice: (line) => lines.push(line) });
    return { files: samples.map(({ file }) => file), lines };
  };

  it("counts missing images, also of the first row, and rejects a set without any image", async () => {
    await put("validation.csv", [head, row("1/a.jpg", 1), row("1/b.jpg", 0), row("2/c.jpg", 2)].join("\n"));
    await put("Manually_Annotated_Images/2/c.jpg");
    expect(await notices("affectnet-8", "test")).toEqual({
      files: ["1/a.jpg", "1/b.jpg", "2/c.jpg"],
      lines: ["test: 2 of 3 images are missing, the first 1/a.jpg"],
    });
    await rm(join(root, "Manually_Annotated_Images"), { recursive: true });
    await expect(notices("affectnet-8", "test")).rejects.toThrow(/none of the 3 images/);
  });

  it("uses the folder with most of the images", async () => {
    await put("validation.csv", [head, row("1/a.jpg", 1), row("1/b.jpg", 0), row("1/c.jpg", 2)].join("\n"));
    await put("Manually_Annotated_Images/1/a.jpg");
    for (const name of ["1/b.jpg", "1/c.jpg"]) await put(name);
    const { root: base } = await loadSplit("affectnet-8", root, "test");
    expect(base).toBe(join(root, "."));
  });

  it("reads Windows paths, and rejects paths out of the folder", async () => {
    await put("validation.csv", [head, row("1\\a.jpg", 1), row("1\\b.jpg", 0)].join("\r\n"));
    for (const name of ["1/a.jpg", "1/b.jpg"]) await put(`Manually_Annotated_Images/${name}`);
    expect(await notices("affectnet-8", "test")).toEqual({ files: ["1/a.jpg", "1/b.jpg"], lines: [] });
    for (const path of ["..\\a.jpg", "C:\\a.jpg", "/a.jpg", "1/../../a.jpg", "\\\\host\\a.jpg"]) {
      await put("validation.csv", [head, row(path, 1)].join("\n"));
      await expect(notices("affectnet-8", "test")).rejects.toThrow(/is not the path of an image.*validation\.csv:2/);
    }
  });

  it("reports images without a label, labels without an image, and other files", async () => {
    for (const number of [1, 2]) await put(`val_set/images/${number}.jpg`);
    for (const number of [2, 3]) await put(`val_set/annotations/${number}_exp.npy`, npy("<U1", wide("0")));
    await put("val_set/images/notes.txt");
    expect(await notices("affectnet-8", "test")).toEqual({
      files: ["val_set/images/2.jpg", "val_set/images/3.jpg"],
      lines: [
        "test: 1 of 3 files was passed over: 1 other file",
        "test: left out: 1 without a label",
        "test: 1 of 2 images is missing, the first val_set/images/3.jpg",
      ],
    });
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
  ])("rejects %s", (_, bytes) => expect(() => npyScalar(bytes, "x.npy")).toThrow(/x\.npy/));
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

  it("rejects files that do not correspond", async () => {
    await put("fer2013new.csv", `${votes}\nPublicTest,a.png,9,0,0,0,0,0,0,0,1,0\n`);
    await expect(loadSplit("ferplus", root, "train")).rejects.toThrow(
      /the row belongs to train and fer2013new\.csv has it in valid.*fer2013\.csv:2/,
    );
  });
});

describe("fer2013", () => {
  const pixels = Array(48 * 48)
    .fill(7)
    .join(" ");
  const usages = ["Training", "Training", "PublicTest", "PrivateTest"];

  it.each([
    ["fer2013.csv", "emotion,pixels,Usage", (emotion: number, usage: string) => `${emotion},${pixels},${usage}`],
    [
      "icml_face_data.csv",
      "emotion, Usage, pixels",
      (emotion: number, usage: string) => `${emotion},${usage}, ${pixels}`,
    ],
  ])("reads %s by the names of its columns", async (name, head, row) => {
    await put(name, [head, ...usages.map((usage, i) => row(i, usage))].join("\r\n"));
    const { classes, samples } = await loadSplit("fer2013", root, "train");
    expect(classes).toEqual(["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"]);
    expect(samples.map(({ file, label }) => [file, classes[label]])).toEqual([
      ["fer0000000.png", "anger"],
      ["fer0000001.png", "disgust"],
    ]);
    const grey = { width: 48, height: 48, data: new Uint8Array(48 * 48).fill(7) };
    expect((await loadSplit("fer2013", root, "valid")).samples).toEqual([{ file: "fer0000002.png", label: 6, grey }]);
  });

  it("of FER+ names the existing and the missing file", async () => {
    await put("icml_face_data.csv", `emotion, Usage, pixels\n0,Training,${pixels}\n`);
    await expect(loadSplit("ferplus", root, "train")).rejects.toThrow(
      /icml_face_data\.csv is there and fer2013new\.csv is missing.*--dataset fer2013/,
    );
    await put("fer2013new.csv", `Usage,name,${"n,".repeat(9)}n\nTraining,a.png,9,0,0,0,0,0,0,0,1,0\n`);
    expect((await loadSplit("ferplus", root, "train")).samples.map(({ file }) => file)).toEqual(["a.png"]);
    await rm(join(root, "icml_face_data.csv"));
    await expect(loadSplit("ferplus", root, "train")).rejects.toThrow(/fer2013new\.csv is there and fer2013\.csv or/);
  });

  it.each([
    [
      "a row's pixels where its usage should be",
      `emotion,pixels,Usage\n0,Training,${pixels}\n`,
      /"7 7.*…" is not one of Training/,
    ],
    [
      "a column that is missing",
      `emotion,pixels\n0,${pixels}\n`,
      /the column usage is missing, there are "emotion, pixels"/,
    ],
    ["no head", `0,${pixels},Training\n`, /the column emotion is missing, there are "0, 7 7/],
    ["too few pixels", "emotion,pixels,Usage\n0,1 2 3,Training\n", /3 pixels where 2304 are expected/],
    ["another emotion", `emotion,pixels,Usage\n9,${pixels},Training\n`, /the emotion "9" is not a number from 0 to 6/],
    ["a split without rows", `emotion,pixels,Usage\n0,${pixels},PublicTest\n`, /the train split has no row/],
  ])("rejects %s without repeating the row", async (_, content, message) => {
    await put("fer2013.csv", content);
    const failure = await loadSplit("fer2013", root, "train").catch((error: Error) => error.message);
    expect(failure).toMatch(message);
    expect(String(failure).length).toBeLessThan(300);
  });
});

describe("held-out images", () => {
  const samples = [...Array(40).fill(0), ...Array(15).fill(1), 2, 2].map((label, i) => ({ file: `${i}.png`, label }));

  it("are a fixed tenth of each class, and not in the training split", () => {
    const { train, valid } = holdOut(samples);
    const counts = [0, 1, 2].map((label) => valid.filter((sample) => sample.label === label).length);
    expect(counts).toEqual([4, 2, 1]);
    expect(holdOut(samples)).toEqual({ train, valid });
    expect([...train, ...valid].sort((a, b) => Number.parseInt(a.file, 10) - Number.parseInt(b.file, 10))).toEqual(
      samples,
    );
    expect(valid.map(({ file }) => file)).not.toEqual(samples.slice(0, 7).map(({ file }) => file));
  });

  it("form the validation split of a data set without one", async () => {
    const lines = Array.from({ length: 70 }, (_, i) => `train_${i}.jpg ${(i % 7) + 1}`);
    for (const i of lines.keys()) await put(`Image/aligned/train_${i}_aligned.jpg`);
    await put("EmoLabel/list_patition_label.txt", lines.join("\n"));
    const [train, valid] = await Promise.all(
      (["train", "valid"] as const).map((split) => loadSplit("raf-db", root, split)),
    );
    expect([train.samples.length, valid.samples.length]).toEqual([63, 7]);
    const files = new Set([...train.samples, ...valid.samples].map(({ file }) => file));
    expect(files.size).toBe(70);
  });
});
