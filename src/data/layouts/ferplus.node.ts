import { basename, join } from "node:path";
import { countByName } from "../../platform/counts.ts";
import { parseCsv } from "../../platform/csv.ts";
import { excerpt, MpaError } from "../../platform/errors.ts";
import { foldersIn, type LabelledSource } from "../dataset.node.ts";
import { type LabelRule, labelOf, leftOutReason } from "../ferplusVotes.ts";
import { readLabels } from "../labelFile.node.ts";
import { ferClasses, type PixelBox, type Sample, type Split, type SplitName } from "../sample.ts";
import { fer2013Files, fer2013Rows, fer2013Usages, findFer2013, greyImage, pictureName } from "./fer2013Csv.node.ts";

const folders: Readonly<Record<SplitName, string>> = {
  train: "FER2013Train",
  valid: "FER2013Valid",
  test: "FER2013Test",
};
const voteColumns = 10;
/** FER2013 pictures have 48 pixels a side; this box is the whole picture and needs no crop. */
const wholePicture = "0,0,48,48";

/**
 * FER+ in its authors' layout: `FER2013Train|FER2013Valid|FER2013Test/` with images and a `label.csv` without a header
 * line: name, "(left, top, right, bottom)", ten vote counts; or Kaggle's `fer2013.csv` beside `fer2013new.csv` (README.md).
 * Always eight classes.
 */
export const ferplus: LabelledSource = {
  name: "ferplus",
  async load(root, split, { labelRule = "plurality" }) {
    const kaggle = await kaggleFiles(root);
    if (kaggle !== undefined) {
      const found = await labelled(kaggleRows(kaggle, split), labelRule);
      return checked({ name: split, root, classes: ferClasses, ...found }, labelRule, root);
    }
    const folder = folders[split];
    await requireFolder(root, folder, split);
    const labels = join(root, folder, "label.csv");
    const found = await labelled(folderRows(folder, labels), labelRule);
    return checked({ name: split, root, listedIn: folder, classes: ferClasses, ...found }, labelRule, labels);
  },
};

/** A picture and its votes. */
type Voted = Omit<Sample, "label" | "target"> & { readonly votes: readonly number[] };

/** The rows that the rule gives a label, and how many it does not. */
async function labelled(
  rows: Iterable<Voted> | AsyncIterable<Voted>,
  rule: LabelRule,
): Promise<Pick<Split, "samples" | "leftOut" | "leftOutBy">> {
  const samples: Sample[] = [];
  const reasons: { readonly name: string }[] = [];
  for await (const { votes, ...sample } of rows) {
    const label = labelOf(votes, rule);
    if (label === undefined) reasons.push({ name: leftOutReason(votes, rule) });
    else samples.push({ ...sample, ...label });
  }
  const leftOut = reasons.length;
  return { samples, leftOut, ...(leftOut > 0 && { leftOutBy: countByName(reasons) }) };
}

async function* folderRows(folder: string, path: string): AsyncGenerator<Voted> {
  for (const { line, cells } of parseCsv(await readLabels(path, "copy the FER+ authors' label.csv there"), path)) {
    const { name, box, votes } = parseRow(cells, `${path}:${line}`);
    yield { file: `${folder}/${name}`, ...(box && { box }), votes };
  }
}

function checked(split: Split, rule: string, where: string): Split {
  if (split.samples.length > 0) return split;
  throw new MpaError("DATASET", `no row is kept under the rule ${rule}`, { where, fix: "check the vote columns" });
}

/* Kaggle's files, whose rows go together by their order. */

interface KaggleFiles {
  readonly pixels: string;
  readonly votes: string;
}

/** They count where none of the authors' folders is there. Throws DATASET where one of them is there without the other. */
async function kaggleFiles(root: string): Promise<KaggleFiles | undefined> {
  const present = await foldersIn(root);
  if (Object.values(folders).some((name) => present.includes(name))) return undefined;
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

async function* kaggleRows(files: KaggleFiles, split: SplitName): AsyncGenerator<Voted> {
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
  // Pictures that the authors took out have no name; the others are named by their row.
  const given = name.trim() === "" ? pictureName(index) : name.trim();
  return { split: fer2013Usages[usage.trim()], name: given, votes: parseVotes(votes, where) };
}

async function requireFolder(root: string, folder: string, split: SplitName): Promise<void> {
  const present = await foldersIn(root);
  if (present.includes(folder)) return;
  const known = Object.values(folders).filter((name) => present.includes(name));
  const there =
    known.length > 0
      ? `only ${known.join(", ")} ${known.length > 1 ? "are" : "is"} there`
      : "no FER2013 folder is there";
  throw new MpaError("DATASET", `the ${split} split's folder ${folder} is missing and ${there}`, {
    where: root,
    fix: `point --data at the folder that holds ${folder}`,
  });
}

interface Row {
  readonly name: string;
  readonly box: PixelBox | undefined;
  readonly votes: readonly number[];
}

function parseRow(cells: readonly string[], where: string): Row {
  const columns = 2 + voteColumns;
  if (cells.length !== columns) {
    const what = `${cells.length} columns where ${columns} are expected (name, box, ten vote counts)`;
    throw new MpaError("DATASET", what, { where, fix: "restore the line from the authors' label.csv" });
  }
  return { name: parseName(cells[0], where), box: parseBox(cells[1], where), votes: parseVotes(cells.slice(2), where) };
}

function parseName(cell: string, where: string): string {
  const name = cell.trim();
  if (name === "" || name === "." || name === ".." || /[/\\]/.test(name)) {
    throw new MpaError("DATASET", `${excerpt(cell)} is not the name of an image`, {
      where,
      fix: "write the file's name alone",
    });
  }
  return name;
}

function parseVotes(cells: readonly string[], where: string): number[] {
  const wrong = cells.find((cell) => !/^\s*\d{1,9}\s*$/.test(cell));
  if (wrong === undefined) return cells.map(Number);
  throw new MpaError("DATASET", `the vote ${excerpt(wrong)} is not a whole number`, {
    where,
    fix: "write counts from 0 up",
  });
}

function parseBox(cell: string, where: string): PixelBox | undefined {
  const parts = /^\(?\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)?$/.exec(cell.trim());
  const [left, top, right, bottom] = parts?.slice(1).map(Number) ?? [0, 0, 0, 0];
  if (right <= left || bottom <= top) {
    throw new MpaError("DATASET", `the face box ${excerpt(cell)} is not (left, top, right, bottom)`, {
      where,
      fix: "write four pixels",
    });
  }
  const box = [left, top, right, bottom] as const;
  return box.join() === wholePicture ? undefined : box;
}
