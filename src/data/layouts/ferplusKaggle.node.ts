/** FER+ as Kaggle's `fer2013.csv` with the authors' `fer2013new.csv`; their rows correspond by position. */
import { basename } from "node:path";
import { parseCsv } from "../../platform/csv.ts";
import { MpaError } from "../../platform/errors.ts";
import { readLabels } from "../labelFile.node.ts";
import type { SplitName } from "../sample.ts";
import { fer2013Files, fer2013Rows, fer2013Usages, findFer2013, greyImage, pictureName } from "./fer2013Csv.node.ts";
import { parseVotes, type Voted, voteColumns } from "./ferplusRows.ts";

/** Paths of Kaggle's two files. */
export interface KaggleFiles {
  readonly pixels: string;
  readonly votes: string;
}

/** Finds the files in a folder; undefined if neither exists. Throws DATASET if only one of them exists. */
export async function findKaggleFiles(root: string): Promise<KaggleFiles | undefined> {
  const { pixels, votes } = await findFer2013(root);
  if (pixels !== undefined && votes !== undefined) return { pixels, votes };
  if (pixels === undefined && votes === undefined) return undefined;
  const [there, missing] =
    pixels === undefined ? [votes, fer2013Files.pixels.join(" or ")] : [pixels, fer2013Files.votes];
  const what = `${basename(there ?? "")} is there and ${missing} is missing`;
  const own = "or read FER2013's own seven labels with --dataset fer2013";
  throw new MpaError("DATASET", what, {
    where: root,
    fix: pixels === undefined ? "copy Kaggle's file there" : `copy the FER+ authors' votes there, ${own}`,
  });
}

/** Yields the images of a split with their votes. Throws DATASET if the rows of the two files do not correspond. */
export async function* kaggleRows(files: KaggleFiles, split: SplitName): AsyncGenerator<Voted> {
  const votes = await readVotes(files.votes);
  const fix = "take both files whole and in their own order";
  let rows = 0;
  for await (const row of fer2013Rows(files.pixels)) {
    rows++;
    const voted = votes[row.index];
    if (voted?.split !== row.split) {
      const there = voted === undefined ? "has no such row" : `has it in ${voted.split}`;
      const what = `the row belongs to ${row.split} and ${basename(files.votes)} ${there}`;
      throw new MpaError("DATASET", what, { where: row.where, fix });
    }
    if (row.split === split) yield { file: voted.name, grey: greyImage(row), votes: voted.votes };
  }
  if (rows === votes.length) return;
  const what = `${rows} rows where ${basename(files.votes)} has ${votes.length}`;
  throw new MpaError("DATASET", what, { where: files.pixels, fix });
}

interface VoteRow {
  readonly split: SplitName | undefined;
  readonly name: string;
  readonly votes: readonly number[];
}

async function readVotes(path: string): Promise<VoteRow[]> {
  const rows: VoteRow[] = [];
  let isHead = true;
  for (const { line, cells } of parseCsv(await readLabels(path), path)) {
    if (!isHead) rows.push(voteRow(cells, rows.length, `${path}:${line}`));
    isHead = false;
  }
  return rows;
}

function voteRow([usage = "", name = "", ...votes]: readonly string[], index: number, where: string): VoteRow {
  if (votes.length !== voteColumns) {
    const what = `${votes.length} columns behind usage and name where ten vote counts are expected`;
    throw new MpaError("DATASET", what, { where, fix: "restore the line" });
  }
  // Images that FER+ removed have no name; the others are named by their row.
  const given = name.trim() === "" ? pictureName(index) : name.trim();
  return { split: fer2013Usages[usage.trim()], name: given, votes: parseVotes(votes, where) };
}
