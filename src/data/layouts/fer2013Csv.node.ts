/** FER+ over Kaggle's `fer2013.csv` (emotion, pixels, Usage), whose rows are those of `fer2013new.csv` with the votes. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { GreyImage } from "../../pictures/image.ts";
import { parseCsv } from "../../platform/csv.ts";
import { MpaError } from "../../platform/errors.ts";
import { type LabelRule, labelOf } from "../ferplusVotes.ts";
import type { Sample, SplitName } from "../sample.ts";

export const fer2013Files = { pixels: "fer2013.csv", votes: "fer2013new.csv" } as const;

const usages: Readonly<Record<SplitName, string>> = { train: "Training", valid: "PublicTest", test: "PrivateTest" };
const side = 48;

/** Rows of one split that the rule keeps, with their pixels. Throws DATASET where the two files do not belong together. */
export async function readFer2013(
  root: string,
  split: SplitName,
  rule: LabelRule,
): Promise<{ readonly samples: Sample[]; readonly leftOut: number }> {
  const votes = await readVotes(join(root, fer2013Files.votes));
  const path = join(root, fer2013Files.pixels);
  const samples: Sample[] = [];
  let leftOut = 0;
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (line === 1 || text.trim() === "") continue;
    const row = votes[line - 2];
    const usage = text.slice(text.lastIndexOf(",") + 1).trim();
    if (row?.usage !== usage) {
      const what = `the row's usage is ${usage} here and ${row?.usage ?? "missing"} in ${fer2013Files.votes}`;
      throw new MpaError("DATASET", what, {
        where: `${path}:${line}`,
        fix: "take both files whole and in their own order",
      });
    }
    if (usage !== usages[split]) continue;
    const label = labelOf(row.votes, rule);
    if (label === undefined) leftOut++;
    else samples.push({ file: row.name, ...label, grey: greyImage(text, `${path}:${line}`) });
  }
  if (line - 1 < votes.length) {
    const what = `${line - 1} rows where ${fer2013Files.votes} has ${votes.length}`;
    throw new MpaError("DATASET", what, { where: path, fix: "take both files whole and in their own order" });
  }
  return { samples, leftOut };
}

interface VoteRow {
  readonly usage: string;
  readonly name: string;
  readonly votes: readonly number[];
}

async function readVotes(path: string): Promise<VoteRow[]> {
  const [, ...rows] = [...parseCsv(await readFile(path, "utf8"), path)];
  return rows.map(({ line, cells: [usage = "", name = "", ...votes] }, i) => {
    if (votes.length !== 10 || votes.some((vote) => !/^\s*\d{1,9}\s*$/.test(vote))) {
      const what = `${votes.length} columns behind usage and name where ten vote counts are expected`;
      throw new MpaError("DATASET", what, { where: `${path}:${line}`, fix: "restore the line" });
    }
    // Pictures that the authors took out have no name; the others are named by their row.
    const given = name.trim() === "" ? `fer${String(i).padStart(7, "0")}.png` : name.trim();
    return { usage: usage.trim(), name: given, votes: votes.map(Number) };
  });
}

function greyImage(row: string, where: string): GreyImage {
  const start = row.indexOf(",") + 1;
  const cell = row.slice(start, row.lastIndexOf(",")).replaceAll('"', "").trim();
  const values = cell.split(" ").map(Number);
  if (
    values.length !== side * side ||
    values.some((value) => !(Number.isInteger(value) && value >= 0 && value < 256))
  ) {
    const what = `${values.length} pixels where ${side * side} values from 0 to 255 are expected`;
    throw new MpaError("DATASET", what, { where, fix: "restore the row" });
  }
  return { width: side, height: side, data: Uint8Array.from(values) };
}
