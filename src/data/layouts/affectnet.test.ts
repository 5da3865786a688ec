/** AffectNet in small copies of each layout that it comes in. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataFolder } from "../../../test/dataFolder.ts";
import { loadSplit } from "../datasets.node.ts";
import { npyScalar } from "../npy.ts";

const data = new DataFolder();

const affectnetClasses = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"];

describe("affectnet", () => {
  const head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal";
  const row = (file: string, expression: number) => `${file},2,3,40,41,1;2;3,${expression},0.1,-0.2`;

  it("reads the CSV release and leaves out images without a class", async () => {
    const rows = [row("689/a.jpg", 1), row("1/b.jpg", 7), row("1/c.jpg", 10), row("1/d.jpg", 2)];
    await data.put("Manually_Annotated_file_lists/validation.csv", [head, ...rows].join("\n"));
    for (const name of ["689/a.jpg", "1/b.jpg", "1/d.jpg"]) await data.put(`Manually_Annotated_Images/${name}`);
    const eight = await loadSplit("affectnet-8", data.root, "test");
    expect(eight).toMatchObject({
      classes: affectnetClasses,
      leftOut: 1,
      leftOutBy: { "no face": 1 },
      root: join(data.root, "Manually_Annotated_Images"),
    });
    expect(eight.samples[1]).toEqual({ file: "1/b.jpg", label: 7, box: [2, 3, 42, 44] });
    const seven = await loadSplit("affectnet-7", data.root, "test");
    expect(seven).toMatchObject({ classes: affectnetClasses.slice(0, 7), leftOut: 2 });
    expect(seven.samples.map(({ label }) => label)).toEqual([1, 2]);
  });

  it("reads the newer release in numeric order", async () => {
    for (const [number, label] of [
      [10, "6"],
      [2, "0"],
      [3, "7"],
    ] as const) {
      await data.put(`val_set/images/${number}.jpg`);
      await data.put(`val_set/annotations/${number}_exp.npy`, npy("<U1", wide(label)));
    }
    const { samples, leftOut } = await loadSplit("affectnet-7", data.root, "test");
    expect(samples).toEqual([
      { file: "val_set/images/2.jpg", label: 0 },
      { file: "val_set/images/10.jpg", label: 6 },
    ]);
    expect(leftOut).toBe(1);
    await data.put("val_set/annotations/4_exp.npy", npy("<U2", wide("11")));
    await expect(loadSplit("affectnet-7", data.root, "test")).rejects.toThrow(/expression 11.*4_exp\.npy/);
  });

  it("names the missing files", async () => {
    await expect(loadSplit("affectnet-8", data.root, "train")).rejects.toThrow(/neither train_set\/ nor training\.csv/);
    await data.put("training.csv", "a,b\n1,2\n");
    await expect(loadSplit("affectnet-8", data.root, "train")).rejects.toThrow(
      /subDirectory_filePath is missing.*training\.csv:1/,
    );
    await data.put("training.csv", [head, row("a.jpg", 11)].join("\n"));
    await expect(loadSplit("affectnet-8", data.root, "train")).rejects.toThrow(/expression 11.*training\.csv:2/);
    await data.put("training.csv", [head, row("a.jpg", 1)].join("\n"));
    await expect(loadSplit("affectnet-8", data.root, "train")).rejects.toThrow(
      /none of the 1 images, the first "a\.jpg", is in Manually_Annotated_Images.*\(.*\)\. Fix: unpack the images there/,
    );
  });

  const notices = async (kind: string, split: "train" | "test") => {
    const lines: string[] = [];
    const { samples } = await loadSplit(kind, data.root, split, { notice: (line) => lines.push(line) });
    return { files: samples.map(({ file }) => file), lines };
  };

  it("counts missing images, also of the first row, and rejects a set without any image", async () => {
    await data.put("validation.csv", [head, row("1/a.jpg", 1), row("1/b.jpg", 0), row("2/c.jpg", 2)].join("\n"));
    await data.put("Manually_Annotated_Images/2/c.jpg");
    expect(await notices("affectnet-8", "test")).toEqual({
      files: ["1/a.jpg", "1/b.jpg", "2/c.jpg"],
      lines: ["test: 2 of 3 images are missing, the first 1/a.jpg"],
    });
    await rm(join(data.root, "Manually_Annotated_Images"), { recursive: true });
    await expect(notices("affectnet-8", "test")).rejects.toThrow(/none of the 3 images/);
  });

  it("uses the folder with most of the images", async () => {
    await data.put("validation.csv", [head, row("1/a.jpg", 1), row("1/b.jpg", 0), row("1/c.jpg", 2)].join("\n"));
    await data.put("Manually_Annotated_Images/1/a.jpg");
    for (const name of ["1/b.jpg", "1/c.jpg"]) await data.put(name);
    const { root: base } = await loadSplit("affectnet-8", data.root, "test");
    expect(base).toBe(join(data.root, "."));
  });

  it("reads Windows paths, and rejects paths out of the folder", async () => {
    await data.put("validation.csv", [head, row("1\\a.jpg", 1), row("1\\b.jpg", 0)].join("\r\n"));
    for (const name of ["1/a.jpg", "1/b.jpg"]) await data.put(`Manually_Annotated_Images/${name}`);
    expect(await notices("affectnet-8", "test")).toEqual({ files: ["1/a.jpg", "1/b.jpg"], lines: [] });
    for (const path of ["..\\a.jpg", "C:\\a.jpg", "/a.jpg", "1/../../a.jpg", "\\\\host\\a.jpg"]) {
      await data.put("validation.csv", [head, row(path, 1)].join("\n"));
      await expect(notices("affectnet-8", "test")).rejects.toThrow(/is not the path of an image.*validation\.csv:2/);
    }
  });

  it("reports images without a label, labels without an image, and other files", async () => {
    for (const number of [1, 2]) await data.put(`val_set/images/${number}.jpg`);
    for (const number of [2, 3]) await data.put(`val_set/annotations/${number}_exp.npy`, npy("<U1", wide("0")));
    await data.put("val_set/images/notes.txt");
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
