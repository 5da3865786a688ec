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

  it("sorts classes and files, and takes images alone", async () => {
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
    });
  });

  it.each(["val", "valid", "validation"])("reads %s as valid, with train's classes in FER+ order", async (name) => {
    await put("train/anger/a.png", "train/neutral/a.png", "train/sadness/a.png", `${name}/sadness/x.gif`);
    const split = await folder.load(root, "valid", {});
    expect(split.classes).toEqual(["neutral", "sadness", "anger"]);
    expect(split.samples).toEqual([{ file: `${name}/sadness/x.gif`, label: 1 }]);
  });

  it("takes the split's own classes where there is no train, and follows links", async () => {
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
      message: `the class c is not among train's classes (a, b), ${join(root, "valid", "c")}, rename the folder or add it to train`,
    });
    await refused("test").toThrow(`the class a has no image, ${join(root, "test", "a")}`);
    await rm(join(root, "test"), { recursive: true });
    await refused("test").toThrow(`the test split's folder test is missing and there are only train, valid, ${root}`);
    await rm(join(root, "train", "b"), { recursive: true });
    await refused("train").toThrow(`only the class a where two or more are needed, ${join(root, "train")}`);
  });
});

describe("loadSplit", () => {
  it.each([
    ["a\nb", '"a\\u000ab" has a control character or a line break'],
    ["\u001b[2J", '"\\u001b[2J" has a control character'],
  ])("refuses a class folder called %j", async (name, message) => {
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

  it("names the kinds it knows", async () => {
    await expect(loadSplit("imagenet", ".", "train")).rejects.toMatchObject({
      code: "USAGE",
      message: 'unknown data set kind "imagenet", choose one of ferplus, raf-db, affectnet-7, affectnet-8, folder',
    });
  });
});
