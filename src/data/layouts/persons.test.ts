/** CK+, JAFFE and KDEF: data sets that name persons and have no splits. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../../../test/emptyFiles.ts";
import { loadSplit } from "../datasets.node.ts";
import { ckplus } from "./ckplus.node.ts";
import { jaffe } from "./jaffe.node.ts";
import { kdef } from "./kdef.node.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-persons-"));
});
afterEach(() => rm(root, { recursive: true }));

describe("jaffe", () => {
  const persons = ["KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM"];

  it("reads person and expression from names; every fifth person is for testing", async () => {
    await writeFiles(
      root,
      persons.map((person, i) => `jaffe/${person}.AN1.${i}.tiff`),
    );
    await writeFiles(root, ["jaffe/KA.FE3.47.tiff", "jaffe/MK.SU2.99.tiff", "jaffe/README", "jaffe/face.tiff"]);
    const train = await jaffe.load(root, "train", {});
    expect([train.leftOut, train.listedIn]).toEqual([0, undefined]);
    expect(train.passedOver).toEqual({ "file without an ending": 1, "picture without a label in its name": 1 });
    expect(train.samples.slice(0, 2)).toEqual([
      { file: "jaffe/KA.AN1.0.tiff", label: train.classes.indexOf("anger"), person: "KA" },
      { file: "jaffe/KA.FE3.47.tiff", label: train.classes.indexOf("fear"), person: "KA" },
    ]);
    const test = await jaffe.load(root, "test", {});
    expect(test.samples.map(({ file, label }) => [file, test.classes[label]])).toEqual([
      ["jaffe/MK.AN1.4.tiff", "anger"],
      ["jaffe/MK.SU2.99.tiff", "surprise"],
      ["jaffe/YM.AN1.9.tiff", "anger"],
    ]);
  });

  it("holds out whole persons for validation", async () => {
    const files = persons.flatMap((person) => ["HA1.1", "SA1.2", "NE1.3"].map((rest) => `${person}.${rest}.tiff`));
    await writeFiles(root, files);
    const [train, valid] = [await loadSplit("jaffe", root, "train"), await loadSplit("jaffe", root, "valid")];
    const personsOf = (samples: typeof train.samples) => [...new Set(samples.map(({ person }) => person))];
    expect(personsOf(train.samples)).toHaveLength(7);
    expect(personsOf(valid.samples)).toHaveLength(1);
    expect(personsOf(train.samples)).not.toContain(personsOf(valid.samples)[0]);
    expect(valid.samples).toHaveLength(3);
  });

  it("names what is expected where nothing is", async () => {
    await writeFiles(root, ["a.tiff"]);
    await expect(jaffe.load(root, "train", {})).rejects.toMatchObject({
      code: "DATASET",
      message: expect.stringMatching(/the train split has no image \(.*\)\. Fix: point --data at the folder/),
    });
  });
});

describe("kdef", () => {
  it("reads persons of both sessions as one, and leaves profiles out", async () => {
    const views = ["AF01AFS", "BF01HAHL", "AF01NEFL", "AM01SUHR", "BM02DIFR"].map((name) => `KDEF/${name}.JPG`);
    await writeFiles(root, [...views, "KDEF/AM31V.JPG"]);
    const { samples, leftOut, leftOutBy, passedOver, classes } = await kdef.load(root, "train", {});
    expect(samples.map(({ file, label, person }) => [file, classes[label], person])).toEqual([
      ["KDEF/AF01AFS.JPG", "fear", "F01"],
      ["KDEF/AM01SUHR.JPG", "surprise", "M01"],
      ["KDEF/BF01HAHL.JPG", "happiness", "F01"],
    ]);
    expect([leftOut, leftOutBy]).toEqual([2, { "profile view": 2 }]);
    expect(passedOver).toEqual({ "picture without a label in its name": 1 });
  });

  it("tests on every fifth person", async () => {
    const persons = ["F01", "F02", "F03", "F04", "F05", "M01"];
    await writeFiles(
      root,
      persons.flatMap((person) => [`A${person}ANS.JPG`, `B${person}SAS.JPG`]),
    );
    const test = await kdef.load(root, "test", {});
    expect(test.samples.map(({ file }) => file)).toEqual(["AF05ANS.JPG", "BF05SAS.JPG"]);
  });
});

describe("ckplus", () => {
  const label = (sequence: string, frame: string) =>
    `Emotion/${sequence}/${sequence.replace("/", "_")}_${frame}_emotion.txt`;

  it("reads the last three frames of labelled sequences", async () => {
    await writeFiles(root, {
      [label("S005/001", "00000011")]: "   3.0000000e+00\n",
      [label("S010/002", "00000002")]: "7",
      "cohn-kanade-images/S005/002/S005_002_00000001.png": "",
      "cohn-kanade-images/S005/001/S005_001_00000011.png": "",
      "cohn-kanade-images/S010/002/S010_002_00000002.png": "",
    });
    const lines: string[] = [];
    const train = await loadSplit("ckplus", root, "train", { holdOut: false, notice: (line) => lines.push(line) });
    expect(train.classes).toEqual(["anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise"]);
    const frame = (name: string) => `cohn-kanade-images/S005/001/S005_001_${name}.png`;
    expect(train.samples).toEqual([
      { file: frame("00000009"), label: 2, person: "S005" },
      { file: frame("00000010"), label: 2, person: "S005" },
      { file: frame("00000011"), label: 2, person: "S005" },
      { file: "cohn-kanade-images/S010/002/S010_002_00000001.png", label: 6, person: "S010" },
      { file: "cohn-kanade-images/S010/002/S010_002_00000002.png", label: 6, person: "S010" },
    ]);
    expect(lines).toEqual([
      "train: left out: 1 sequence without a label",
      `train: 3 of 5 images are missing, the first ${frame("00000009")}`,
    ]);
  });

  it("names a label file that is no number of a class, and missing folders", async () => {
    await expect(ckplus.load(root, "train", {})).rejects.toThrow("the folder cohn-kanade-images is not there");
    await writeFiles(root, ["cohn-kanade-images/S005/001/S005_001_00000011.png"]);
    await expect(ckplus.load(root, "train", {})).rejects.toThrow("the folder Emotion is not there");
    const path = label("S005/001", "00000011");
    for (const text of ["8", "0.0", "", "3.5", "x"]) {
      await writeFiles(root, { [path]: text });
      await expect(ckplus.load(root, "train", {})).rejects.toMatchObject({
        code: "DATASET",
        message: expect.stringContaining(`is not a number from 1 to 7 (${join(root, path)}:1)`),
      });
    }
  });
});
