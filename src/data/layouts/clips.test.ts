/** DFEW and FERV39k: clips as folders of frames. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../../../test/emptyFiles.ts";
import { loadSplit } from "../datasets.node.ts";
import { evenlySpaced, inTime } from "./frames.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-clips-"));
});
afterEach(() => rm(root, { recursive: true }));

const refused = (dataset: string, message: string | RegExp) =>
  expect(loadSplit(dataset, root, "test")).rejects.toMatchObject({
    code: "DATASET",
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });

it("orders frames by number and spaces them evenly", () => {
  expect(inTime(["10.jpg", "9.jpg", "x_2.jpg", "1_01.jpg"])).toEqual(["1_01.jpg", "x_2.jpg", "9.jpg", "10.jpg"]);
  expect(evenlySpaced([0, 1, 2], 16)).toEqual([0, 1, 2]);
  expect(evenlySpaced([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2)).toEqual([2, 7]);
  expect(
    evenlySpaced(
      Array.from({ length: 32 }, (_, i) => i),
      16,
    ),
  ).toEqual(Array.from({ length: 16 }, (_, i) => 2 * i + 1));
});

describe("dfew", () => {
  const frames = (clip: string, count: number) =>
    Array.from({ length: count }, (_, i) => `Clip/clip_224x224_16f/${clip}/${i + 1}.jpg`);

  it("reads a fold's clips with up to 16 frames each", async () => {
    await writeFiles(root, {
      "EmoLabel_DataSplit/test(single-labeled)/set_2.csv": "video_name,label\n2522,5\n00007,1\n9,7\n",
    });
    await writeFiles(root, [...frames("02522", 2), ...frames("00007", 48)]);
    const lines: string[] = [];
    const test = await loadSplit("dfew-2", root, "test", { notice: (line) => lines.push(line) });
    expect(test.samples.slice(0, 3)).toEqual([
      { file: "Clip/clip_224x224_16f/02522/1.jpg", label: 4, clip: "02522" },
      { file: "Clip/clip_224x224_16f/02522/2.jpg", label: 4, clip: "02522" },
      { file: "Clip/clip_224x224_16f/00007/2.jpg", label: 0, clip: "00007" },
    ]);
    expect(test.samples).toHaveLength(18);
    expect(test.samples.at(-1)?.file).toBe("Clip/clip_224x224_16f/00007/47.jpg");
    expect(lines).toEqual(["test: left out: 1 clip without frames"]);
    await refused("dfew-3", "none of EmoLabel_DataSplit/test(single-labeled)/set_3.csv, ");
  });

  it("holds out whole clips for validation", async () => {
    const clips = Array.from({ length: 10 }, (_, i) => `0000${i}`);
    const rows = clips.map((clip) => `${clip},3\n`).join("");
    await writeFiles(root, { "EmoLabel_DataSplit/train/set_1.csv": `video_name,label\n${rows}` });
    await writeFiles(
      root,
      clips.flatMap((clip) => frames(clip, 3)),
    );
    const [train, valid] = [await loadSplit("dfew-1", root, "train"), await loadSplit("dfew-1", root, "valid")];
    expect([train.samples.length, valid.samples.length]).toEqual([27, 3]);
    expect(new Set(valid.samples.map(({ clip }) => clip)).size).toBe(1);
  });

  it("names a malformed row, absent frames and an empty set", async () => {
    const list = "EmoLabel_DataSplit/test(single_labeled)/set_1.csv";
    await writeFiles(root, { [list]: "video_name,label\n1,2\n../1,2\n" });
    await refused("dfew-1", "none of Clip/clip_224x224_16f, Clip/clip_224x224 is there");
    await writeFiles(root, ["Clip/clip_224x224/README.txt"]);
    await refused("dfew-1", /is not the number of a clip and a label from 1 to 7 \(.*set_1\.csv:3\)/);
    await writeFiles(root, { [list]: "video_name,label\n1,2\n" });
    await refused("dfew-1", "the test split has no image");
    await writeFiles(root, { [list]: "video_name,label\n1,2\n2,2\n00001,3\n" });
    await refused("dfew-1", /the clip 00001 is listed twice \(.*set_1\.csv:4\)/);
  });
});

describe("ferv39k", () => {
  it("reads lines of clip and expression", async () => {
    await writeFiles(root, {
      "4_setups/All_scenes/test_All.csv": "Action/Sad/0010 Sad\r\nWar/Angry/0002 Angry\r\n",
      "2_ClipsforFaceCrop/Action/Sad/0010/0010001.jpg": "",
      "2_ClipsforFaceCrop/War/Angry/0002/0002001.jpg": "",
    });
    const { samples, classes } = await loadSplit("ferv39k", root, "test");
    expect(classes).toEqual(["happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear"]);
    expect(samples).toEqual([
      { file: "2_ClipsforFaceCrop/Action/Sad/0010/0010001.jpg", label: 1, clip: "Action/Sad/0010" },
      { file: "2_ClipsforFaceCrop/War/Angry/0002/0002001.jpg", label: 3, clip: "War/Angry/0002" },
    ]);
  });

  it("names an absent list and a malformed line", async () => {
    await refused("ferv39k", "test_All.csv is neither in 4_setups/All_scenes nor in All_scenes");
    for (const wrong of ["Action/Sad/0010 Bored", "../../etc Sad", "Action/Sad/0010"]) {
      await writeFiles(root, { "All_scenes/test_All.csv": `Action/Sad/0010 Sad\n${wrong}\n` });
      await refused("ferv39k", /one of the seven expressions \(.*test_All\.csv:2\)/);
    }
  });
});
