import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashIndex } from "../datasets.node.ts";
import { labelRules } from "../ferplusVotes.ts";
import { ferClasses } from "../sample.ts";
import { ferplus } from "./ferplus.node.ts";

describe("ferplus", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "ferplus-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const put = async (folder: string, labels: string) => {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, "label.csv"), labels);
  };

  it("reads names, votes and boxes", async () => {
    await put(
      "FER2013Train",
      'a.png,"(0, 0, 48, 48)",0,9,1,0,0,0,0,0,0,0\r\nb.png,"(0, 0, 48, 48)",0,0,0,0,0,0,0,0,10,0\n' +
        'c.png,"(2, 3, 40, 41)",2,0,0,2,0,0,0,0,1,0\n',
    );
    expect(await ferplus.load(root, "train", {})).toEqual({
      name: "train",
      root,
      listedIn: "FER2013Train",
      classes: ferClasses,
      samples: [
        { file: "FER2013Train/a.png", label: 1 },
        { file: "FER2013Train/c.png", label: 0, box: [2, 3, 40, 41] },
      ],
      leftOut: 1,
      leftOutBy: { unknown: 1 },
    });
    const votes = await ferplus.load(root, "train", { labelRule: "votes" });
    expect(votes.samples[1].target).toEqual([0.5, 0, 0, 0.5, 0, 0, 0, 0]);
    expect((await ferplus.load(root, "train", { labelRule: "majority" })).leftOut).toBe(2);
  });

  it("names the missing split folder and the existing ones", async () => {
    await put("FER2013Train", "");
    await expect(ferplus.load(root, "test", {})).rejects.toMatchObject({
      code: "DATASET",
      message: `the test split's folder FER2013Test is missing and only FER2013Train is there (${root}). Fix: point --data at the folder that holds FER2013Test`,
    });
    await expect(ferplus.load(join(root, "no"), "test", {})).rejects.toThrow("the folder cannot be listed");
  });

  it("names a missing label file", async () => {
    await mkdir(join(root, "FER2013Valid"));
    const file = join(root, "FER2013Valid", "label.csv");
    await expect(ferplus.load(root, "valid", {})).rejects.toThrow(`the label file cannot be read (${file})`);
  });

  it.each([
    ["x.png,(0 0),1,0,0,0,0,0,0,0,0", "11 columns where 12 are expected (name, box, ten vote counts)"],
    ['x.png,"(0, 0, 48, 48)",1,0,0,0,x,0,0,0,0,0', 'the vote "x" is not a whole number'],
    ['x.png,"(0, 0, 48, 48)",1,0,0,0,-1,0,0,0,0,0', 'the vote "-1" is not a whole number'],
    ['x.png,"(9, 0, 9, 48)",1,0,0,0,0,0,0,0,0,0', 'the face box "(9, 0, 9, 48)" is not (left, top, right, bottom)'],
    [',"(0, 0, 48, 48)",1,0,0,0,0,0,0,0,0,0', '"" is not the name of an image'],
    ['../x.png,"(0, 0, 48, 48)",1,0,0,0,0,0,0,0,0,0', '"../x.png" is not the name of an image'],
  ])("rejects %s", async (line, what) => {
    await put("FER2013Train", `a.png,"(0, 0, 48, 48)",0,9,1,0,0,0,0,0,0,0\n${line}\n`);
    const where = `${join(root, "FER2013Train", "label.csv")}:2`;
    await expect(ferplus.load(root, "train", {})).rejects.toThrow(`${what} (${where}). Fix: `);
  });

  it("rejects a split without a labelled row", async () => {
    await put("FER2013Train", 'b.png,"(0, 0, 48, 48)",0,0,0,0,0,0,0,0,10,0\n');
    await expect(ferplus.load(root, "train", {})).rejects.toThrow("no row is kept under the rule plurality");
  });
});

function readRows(file: string): { name: string; votes: number[] }[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => ({
    name: line.slice(0, line.indexOf(",")),
    votes: line.split(",").slice(-10).map(Number),
  }));
}

const data = process.env.MPA_FER_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url));
const real = join(data, "ferplus");

describe.skipIf(!existsSync(join(real, "FER2013Train")))(
  "FER+ itself (skipped unless MPA_FER_DATA holds ferplus/)",
  () => {
    /** The votes as they stand in the file, read without the code under test. */
    const rows = readRows(join(real, "FER2013Train", "label.csv"));

    const winsAlone = (votes: readonly number[], least: number) => {
      const counted = votes.map((count) => (count > least ? count : 0));
      const best = Math.max(...counted);
      return { winner: counted.indexOf(best), best, total: counted.reduce((a, b) => a + b) };
    };
    const isSelected = {
      plurality: (votes: readonly number[]) => winsAlone(votes, 0).winner < 8,
      votes: (votes: readonly number[]) => winsAlone(votes, 0).winner < 8,
      majority: (votes: readonly number[]) => {
        const { winner, best, total } = winsAlone(votes, 1);
        return winner < 8 && best > total / 2;
      },
    };

    it.each(labelRules)("selects the training rows of %s", async (labelRule) => {
      const split = await ferplus.load(real, "train", { labelRule });
      const wanted = rows.filter(({ votes }) => isSelected[labelRule](votes));
      expect(wanted.length).toBeGreaterThan(20_000);
      expect(split.samples.map(({ file }) => file)).toEqual(wanted.map(({ name }) => `FER2013Train/${name}`));
      expect(split.samples.length + split.leftOut).toBe(28_558);
      for (const i of [0, 1, 2, 5000, 20_000]) {
        const eight = wanted[i].votes.slice(0, 8);
        const { winner } = winsAlone(wanted[i].votes, 0);
        const total = eight.reduce((a, b) => a + b);
        const target = labelRule === "votes" ? { target: eight.map((count) => count / total) } : {};
        expect(split.samples[i]).toEqual({ file: `FER2013Train/${wanted[i].name}`, label: winner, ...target });
      }
    });

    it("has a constant index hash", async () => {
      const split = await ferplus.load(real, "valid", {});
      expect(hashIndex(split)).toBe(hashIndex(await ferplus.load(real, "valid", {})));
      expect(hashIndex(split)).not.toBe(hashIndex(await ferplus.load(real, "valid", { labelRule: "votes" })));
    });
  },
);
