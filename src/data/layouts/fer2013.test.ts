/** Kaggle's FER2013, with and without the votes of FER+. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { DataFolder } from "../../../test/dataFolder.ts";
import { loadSplit } from "../datasets.node.ts";

const data = new DataFolder();

describe("kaggle's fer2013", () => {
  const pixels = (value: number) =>
    Array(48 * 48)
      .fill(value)
      .join(" ");
  const votes = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF";

  beforeEach(async () => {
    const rows = [`0,"${pixels(7)}",Training`, `3,"${pixels(9)}",Training`, `4,"${pixels(200)}",PublicTest`];
    await data.put("fer2013.csv", ["emotion,pixels,Usage", ...rows, ""].join("\r\n"));
    const names = ["Training,fer0000000.png,9,0,0,0,0,0,0,0,1,0", "Training,,0,0,0,0,0,0,0,0,0,10"];
    await data.put("fer2013new.csv", [votes, ...names, "PublicTest,fer0000002.png,0,8,1,0,0,0,0,0,1,0"].join("\n"));
  });

  it("joins pixels and votes by row", async () => {
    const train = await loadSplit("ferplus", data.root, "train");
    expect(train.samples.map(({ file, label }) => [file, label])).toEqual([["fer0000000.png", 0]]);
    expect(train.leftOut).toBe(1);
    const { samples } = await loadSplit("ferplus", data.root, "valid");
    expect(samples[0].grey).toEqual({ width: 48, height: 48, data: new Uint8Array(48 * 48).fill(200) });
  });

  it("rejects files that do not correspond", async () => {
    await data.put("fer2013new.csv", `${votes}\nPublicTest,a.png,9,0,0,0,0,0,0,0,1,0\n`);
    await expect(loadSplit("ferplus", data.root, "train")).rejects.toThrow(
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
    await data.put(name, [head, ...usages.map((usage, i) => row(i, usage))].join("\r\n"));
    const { classes, samples } = await loadSplit("fer2013", data.root, "train");
    expect(classes).toEqual(["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"]);
    expect(samples.map(({ file, label }) => [file, classes[label]])).toEqual([
      ["fer0000000.png", "anger"],
      ["fer0000001.png", "disgust"],
    ]);
    const grey = { width: 48, height: 48, data: new Uint8Array(48 * 48).fill(7) };
    expect((await loadSplit("fer2013", data.root, "valid")).samples).toEqual([
      { file: "fer0000002.png", label: 6, grey },
    ]);
  });

  it("of FER+ names the existing and the missing file", async () => {
    await data.put("icml_face_data.csv", `emotion, Usage, pixels\n0,Training,${pixels}\n`);
    await expect(loadSplit("ferplus", data.root, "train")).rejects.toThrow(
      /icml_face_data\.csv is there and fer2013new\.csv is missing.*--dataset fer2013/,
    );
    await data.put("fer2013new.csv", `Usage,name,${"n,".repeat(9)}n\nTraining,a.png,9,0,0,0,0,0,0,0,1,0\n`);
    expect((await loadSplit("ferplus", data.root, "train")).samples.map(({ file }) => file)).toEqual(["a.png"]);
    await rm(join(data.root, "icml_face_data.csv"));
    await expect(loadSplit("ferplus", data.root, "train")).rejects.toThrow(
      /fer2013new\.csv is there and fer2013\.csv or/,
    );
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
    await data.put("fer2013.csv", content);
    const failure = await loadSplit("fer2013", data.root, "train").catch((error: Error) => error.message);
    expect(failure).toMatch(message);
    expect(String(failure).length).toBeLessThan(300);
  });
});
