/** RAF-DB's compound expressions, ExpW and SFEW: pictures from the wild without persons. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../../../test/emptyFiles.ts";
import { loadSplit } from "../datasets.node.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-wild-"));
});
afterEach(() => rm(root, { recursive: true }));

const refused = (dataset: string, split: "train" | "test", message: string | RegExp) =>
  expect(loadSplit(dataset, root, split)).rejects.toMatchObject({
    code: "DATASET",
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });

describe("raf-db-compound", () => {
  const list = "EmoLabel/list_patition_label.txt";

  it("reads the authors' list beside the basic one", async () => {
    await writeFiles(root, {
      [`basic/${list}`]: "train_00001.jpg 5\n",
      [`compound/${list}`]: "train_0001.jpg 1\ntrain_0002.jpg 8\ntest_0001.jpg 11\n",
      "compound/Image/aligned/test_0001_aligned.jpg": "",
    });
    const test = await loadSplit("raf-db-compound", root, "test");
    expect(test).toMatchObject({ root: join(root, "compound"), listedIn: "Image/aligned", leftOut: 0 });
    expect(test.classes).toHaveLength(11);
    expect(test.samples).toEqual([{ file: "Image/aligned/test_0001_aligned.jpg", label: 10 }]);
    expect(test.classes[10]).toBe("disgustedly surprised");
    expect([test.classes[0], test.classes[7]]).toEqual(["happily surprised", "fearfully surprised"]);
  });

  it("refuses the list of the basic expressions, other numbers and an absent list", async () => {
    await refused("raf-db-compound", "train", "neither compound/EmoLabel/list_patition_label.txt nor EmoLabel");
    await writeFiles(root, { [list]: "train_0001.jpg 1\ntest_0001.jpg 7\n" });
    await refused("raf-db-compound", "train", "no number is above 7");
    await writeFiles(root, { [list]: "train_0001.jpg 11\ntrain_0002.jpg 12\n" });
    await refused(
      "raf-db-compound",
      "train",
      /is not a name and a number from 1 to 11 \(.*list_patition_label\.txt:2\)/,
    );
    await writeFiles(root, { [list]: "train_0001.jpg 11\n" });
    await refused("raf-db-compound", "test", "the test split has no image");
  });
});

describe("expw", () => {
  const images = ["a", "b", "c", "d", "e", "f"].map((name) => `angry_actor_${name}.jpg`);
  const line = (file: string, box = "20 10 50 60", label = 0) => `${file} 0 ${box} 62.3 ${label}`;

  it("reads boxes as left, top, right, bottom; the faces of every fifth image are for testing", async () => {
    const faces = [...images.map((file) => line(file)), line(images[4], "1 2 3 4", 6)];
    await writeFiles(root, { "label/label.lst": `${faces.join("\n")}\n` });
    await writeFiles(
      root,
      images.map((file) => `image/origin/${file}`),
    );
    const test = await loadSplit("expw", root, "test");
    expect(test).toMatchObject({ root: join(root, "image/origin"), classes: expect.arrayContaining(["neutral"]) });
    expect(test.samples).toEqual([
      { file: images[4], label: 0, box: [10, 20, 50, 60] },
      { file: images[4], label: 6, box: [2, 1, 3, 4] },
    ]);
    expect(test.classes[6]).toBe("neutral");
    const [train, valid] = [await loadSplit("expw", root, "train"), await loadSplit("expw", root, "valid")];
    expect([train.samples.length, valid.samples.length]).toEqual([4, 1]);
  });

  it("counts missing images and names a malformed line", async () => {
    await refused("expw", "train", "neither label/label.lst nor label.lst is there");
    await writeFiles(root, {
      "label.lst": `${images
        .slice(0, 4)
        .map((file) => line(file))
        .join("\n")}\n`,
    });
    await refused("expw", "train", /none of the 4 images, the first "?angry_actor_a.jpg"?, is in image.origin/);
    await writeFiles(root, [`origin/${images[0]}`]);
    const lines: string[] = [];
    await loadSplit("expw", root, "train", { holdOut: false, notice: (text) => lines.push(text) });
    expect(lines).toEqual([`train: 3 of 4 images are missing, the first ${images[1]}`]);
    for (const wrong of [line("../a.jpg"), line("a.jpg", "20 50 10 60"), line("a.jpg", "1 2 3 4", 7), "a.jpg 0"]) {
      await writeFiles(root, { "label.lst": `${line("a.jpg")}\n${wrong}\n` });
      await refused("expw", "train", /a face box, its confidence and a label from 0 to 6 \(.*label\.lst:2\)/);
    }
  });
});

describe("sfew", () => {
  const words = ["Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"];

  it.each([
    ["Train/Train_Aligned_Faces", "Val/Val_Aligned_Faces"],
    ["Train_Aligned_Faces", "Val_Aligned_Faces_new"],
    ["images/Train_Aligned_Faces", "images/Val_Aligned_Faces"],
    ["Train", "Val"],
  ])("reads %s, and %s as the test split", async (train, valid) => {
    await writeFiles(root, [
      ...words.map((word) => `${train}/${word}/Movie_01.png`),
      ...[`${valid}/Sad/a.png`, `${valid}/Angry/b.png`, `${valid}/Angry/notes.txt`],
    ]);
    const test = await loadSplit("sfew", root, "test");
    expect(test.samples.map(({ file, label }) => [file, test.classes[label]])).toEqual([
      [`${valid}/Angry/b.png`, "anger"],
      [`${valid}/Sad/a.png`, "sadness"],
    ]);
    expect(test.passedOver).toEqual({ ".txt": 1 });
    const whole = await loadSplit("sfew", root, "train", { holdOut: false });
    expect(new Set(whole.samples.map(({ label }) => label)).size).toBe(7);
  });

  it("names a missing set, an unknown folder and an empty one", async () => {
    await refused("sfew", "train", "the train split is in none of Train_Aligned_Faces_new, Train_Aligned_Faces, ");
    await writeFiles(root, ["Train/Angry/a.png", "Train/Joke/a.png"]);
    await refused("sfew", "train", "the folder Joke is none of the seven expressions");
    await rm(join(root, "Train", "Joke"), { recursive: true });
    await writeFiles(root, ["Train/Fear/notes.txt"]);
    await refused("sfew", "train", "the class fear has no image that is read here (1 .txt)");
  });
});
