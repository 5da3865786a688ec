/** RAF-DB in small copies of each layout that it comes in, and the validation split that it lacks. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataFolder } from "../../../test/dataFolder.ts";
import { holdOut, loadSplit } from "../datasets.node.ts";

const data = new DataFolder();

const rafdbClasses = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"];

describe("raf-db", () => {
  it("reads the authors' list, also in a folder basic", async () => {
    await data.put(
      "basic/EmoLabel/list_patition_label.txt",
      "train_00001.jpg 5\r\ntrain_00002.jpg 4\ntest_0001.jpg 7\n",
    );
    for (const name of ["train_00001", "train_00002", "test_0001"])
      await data.put(`basic/Image/aligned/${name}_aligned.jpg`);
    const test = await loadSplit("raf-db", data.root, "test");
    expect(test).toMatchObject({ name: "test", root: join(data.root, "basic"), classes: rafdbClasses, leftOut: 0 });
    expect(test.samples).toEqual([{ file: "Image/aligned/test_0001_aligned.jpg", label: 6 }]);
    const train = await loadSplit("raf-db", data.root, "train");
    expect(train.samples).toEqual([
      { file: "Image/aligned/train_00001_aligned.jpg", label: 4 },
      { file: "Image/aligned/train_00002_aligned.jpg", label: 3 },
    ]);
  });

  it("reads the mirror's folders", async () => {
    for (const label of [1, 2, 3, 4, 5, 6, 7]) await data.put(`DATASET/test/${label}/test_${label}_aligned.jpg`);
    await data.put("DATASET/train/1/x.jpg");
    const { samples } = await loadSplit("raf-db", data.root, "test");
    expect(samples.map(({ file, label }) => [file, label])[6]).toEqual(["DATASET/test/7/test_7_aligned.jpg", 6]);
    await expect(loadSplit("raf-db", data.root, "train")).rejects.toMatchObject({ code: "DATASET" });
  });

  it("counts missing images and other files", async () => {
    await data.put("EmoLabel/list_patition_label.txt", "test_1.jpg 5\ntest_2.jpg 4\n");
    await data.put("Image/aligned/test_2_aligned.jpg");
    const lines: string[] = [];
    const notice = (line: string) => lines.push(line);
    expect((await loadSplit("raf-db", data.root, "test", { notice })).samples).toHaveLength(2);
    await rm(join(data.root, "Image"), { recursive: true });
    await expect(loadSplit("raf-db", data.root, "test")).rejects.toThrow(
      "none of the 2 images of the test split is there, the first Image/aligned/test_1_aligned.jpg",
    );
    await rm(join(data.root, "EmoLabel"), { recursive: true });
    await data.put("DATASET/train/1/x.jpg");
    for (const label of [1, 2, 3, 4, 5, 6, 7]) await data.put(`DATASET/test/${label}/deeper/a.jpeg`);
    await data.put("DATASET/test/3/b.HEIC");
    const { samples, passedOver } = await loadSplit("raf-db", data.root, "test", { notice });
    expect(samples[2].file).toBe("DATASET/test/3/deeper/a.jpeg");
    expect(passedOver).toEqual({ HEIC: 1 });
    expect(lines).toEqual([
      "test: 1 of 2 images is missing, the first Image/aligned/test_1_aligned.jpg",
      "test: 1 of 8 files was passed over: 1 HEIC",
    ]);
  });

  it("lists the expected files, and names a malformed line", async () => {
    await expect(loadSplit("raf-db", data.root, "train")).rejects.toMatchObject({
      code: "DATASET",
      message: expect.stringContaining("neither EmoLabel/list_patition_label.txt nor DATASET/train is there"),
    });
    await data.put("EmoLabel/list_patition_label.txt", "train_00001.jpg 5\ntrain_00002.jpg 8\n");
    await expect(loadSplit("raf-db", data.root, "train")).rejects.toThrow(/list_patition_label\.txt:2/);
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
    for (const i of lines.keys()) await data.put(`Image/aligned/train_${i}_aligned.jpg`);
    await data.put("EmoLabel/list_patition_label.txt", lines.join("\n"));
    const [train, valid] = await Promise.all(
      (["train", "valid"] as const).map((split) => loadSplit("raf-db", data.root, split)),
    );
    expect([train.samples.length, valid.samples.length]).toEqual([63, 7]);
    const files = new Set([...train.samples, ...valid.samples].map(({ file }) => file));
    expect(files.size).toBe(70);
  });
});
