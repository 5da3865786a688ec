import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSplit } from "../datasets.node.ts";
import { folder } from "./folder.node.ts";

describe("folder", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "folder-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const put = async (...files: string[]) => {
    for (const file of files) {
      await mkdir(join(root, dirname(file)), { recursive: true });
      await writeFile(join(root, file), "");
    }
  };

  it("sorts classes and files, and reads images only", async () => {
    await put(
      "train/smile/b.JPG",
      "train/smile/a.png",
      "train/frown/c.webp",
      "train/smile/notes.txt",
      "train/smile/.d.png",
    );
    expect(await folder.load(root, "train", {})).toEqual({
      name: "train",
      root,
      classes: ["frown", "smile"],
      samples: [
        { file: "train/frown/c.webp", label: 0 },
        { file: "train/smile/a.png", label: 1 },
        { file: "train/smile/b.JPG", label: 1 },
      ],
      leftOut: 0,
      passedOver: { ".txt": 1 },
    });
  });

  it("reads subfolders of a class, and endings in any case", async () => {
    await put("train/smile/S01/a.JPEG", "train/smile/S01/b.jfif", "train/smile/c.jpe", "train/frown/d.TIFF");
    await put(
      "train/smile/S02/e.HEIC",
      "train/smile/f.jxl",
      "train/frown/g.cr2",
      "train/frown/h.mp4",
      "train/loose.png",
    );
    const lines: string[] = [];
    const { samples, passedOver } = await loadSplit("folder", root, "train", { notice: (line) => lines.push(line) });
    expect(samples.map(({ file }) => file)).toEqual([
      ...["train/frown/d.TIFF", "train/smile/S01/a.JPEG", "train/smile/S01/b.jfif", "train/smile/c.jpe"],
    ]);
    const kinds = { "picture in no class folder": 1, "CR2 (RAW)": 1, "MP4 video": 1, HEIC: 1, "JPEG XL": 1 };
    expect(passedOver).toEqual(kinds);
    expect(lines).toEqual([
      "train: 5 of 9 files were passed over: 1 picture in no class folder, 1 CR2 (RAW), 1 MP4 video, 1 HEIC, 1 JPEG XL",
    ]);
  });

  it("replaces other spellings of the eight expressions, with a notice", async () => {
    await put("train/angry/a.png", "train/Happy/a.png", "train/sad/a.png", "valid/anger/b.png", "valid/happy/b.png");
    const lines: string[] = [];
    const notice = (line: string) => lines.push(line);
    const train = await loadSplit("folder", root, "train", { notice });
    expect(train.classes).toEqual(["happiness", "sadness", "anger"]);
    expect(train.samples.map(({ file, label }) => [file, label])).toEqual([
      ["train/Happy/a.png", 0],
      ["train/sad/a.png", 1],
      ["train/angry/a.png", 2],
    ]);
    const valid = await loadSplit("folder", root, "valid", { notice });
    expect(valid.samples.map(({ file, label }) => [file, label])).toEqual([
      ["valid/happy/b.png", 0],
      ["valid/anger/b.png", 2],
    ]);
    expect(lines[0]).toBe("train: class folders are read as Happy as happiness, angry as anger, sad as sadness");
  });

  it.each(["val", "valid", "validation"])("reads %s as valid, with train's classes in FER+ order", async (name) => {
    await put("train/anger/a.png", "train/neutral/a.png", "train/sadness/a.png", `${name}/sadness/x.gif`);
    const split = await folder.load(root, "valid", {});
    expect(split.classes).toEqual(["neutral", "sadness", "anger"]);
    expect(split.samples).toEqual([{ file: `${name}/sadness/x.gif`, label: 1 }]);
  });

  it("uses the split's own classes without train, and follows links", async () => {
    await put("test/a/1.png", "elsewhere/2.avif");
    await symlink(join(root, "elsewhere"), join(root, "test", "b"));
    const split = await folder.load(root, "test", {});
    expect(split.samples.map(({ file, label }) => [file, label])).toEqual([
      ["test/a/1.png", 0],
      ["test/b/2.avif", 1],
    ]);
  });

  it("names an unknown class, an empty class, too few classes and a missing split", async () => {
    await put("train/a/1.png", "train/b/1.png", "valid/c/1.png", "test/a/notes.txt");
    const refused = (split: "train" | "valid" | "test") => expect(folder.load(root, split, {})).rejects;
    await refused("valid").toMatchObject({
      code: "DATASET",
      message: `the class c is not among train's classes (a, b) (${join(root, "valid", "c")}). Fix: rename the folder or add it to train`,
    });
    await refused("test").toThrow(`the class a has no image that is read here (1 .txt) (${join(root, "test", "a")})`);
    await rm(join(root, "test"), { recursive: true });
    await put("test/a/x.heic", "test/a/y.heic");
    await refused("test").toThrow("the class a has no image that is read here (2 HEIC) (");
    await rm(join(root, "test"), { recursive: true });
    await refused("test").toThrow(`the test split's folder test is missing and there are only train, valid (${root})`);
    await rm(join(root, "train", "b"), { recursive: true });
    await refused("train").toThrow(`only the class a where two or more are needed (${join(root, "train")})`);
  });
});

describe("loadSplit", () => {
  it.each([
    ["a\nb", '"a\\u000ab" has a control character or a line break'],
    ["\u001b[2J", '"\\u001b[2J" has a control character'],
  ])("rejects a class folder called %j", async (name, message) => {
    const root = await mkdtemp(join(tmpdir(), "folder-"));
    for (const each of [name, "other"]) {
      await mkdir(join(root, "train", each), { recursive: true });
      await writeFile(join(root, "train", each, "a.png"), "");
    }
    await expect(loadSplit("folder", root, "train")).rejects.toMatchObject({
      code: "DATASET",
      message: expect.stringContaining(message),
    });
    await rm(root, { recursive: true });
  });

  it("lists the known kinds", async () => {
    await expect(loadSplit("imagenet", ".", "train")).rejects.toMatchObject({
      code: "USAGE",
      message:
        'unknown data set kind "imagenet". Fix: choose one of ferplus, fer2013, raf-db, raf-db-compound, affectnet-7, affectnet-8, expw, sfew, ckplus, jaffe, kdef, dfew-1, dfew-2, dfew-3, dfew-4, dfew-5, ferv39k, folder',
    });
  });
});
