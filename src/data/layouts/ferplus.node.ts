import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseCsv } from "../../platform/csv.ts";
import { MpaError } from "../../platform/errors.ts";
import { filesIn, foldersIn, type LabelledSource } from "../dataset.node.ts";
import { labelOf } from "../ferplusVotes.ts";
import { ferClasses, type PixelBox, type Sample, type Split, type SplitName } from "../sample.ts";
import { fer2013Files, readFer2013 } from "./fer2013Csv.node.ts";

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
    if (await isKaggle(root)) {
      const { samples, leftOut } = await readFer2013(root, split, labelRule);
      return checked({ name: split, root, classes: ferClasses, samples, leftOut }, labelRule, root);
    }
    const folder = folders[split];
    await requireFolder(root, folder, split);
    const labels = join(root, folder, "label.csv");
    const samples: Sample[] = [];
    let leftOut = 0;
    for (const { line, cells } of parseCsv(await readLabels(labels), labels)) {
      const row = parseRow(cells, `${labels}:${line}`);
      const label = labelOf(row.votes, labelRule);
      if (label === undefined) leftOut++;
      else samples.push({ file: `${folder}/${row.name}`, ...label, ...(row.box && { box: row.box }) });
    }
    return checked({ name: split, root, listedIn: folder, classes: ferClasses, samples, leftOut }, labelRule, labels);
  },
};

/** Kaggle's files count where none of the authors' folders is there. */
async function isKaggle(root: string): Promise<boolean> {
  const present = await foldersIn(root);
  if (Object.values(folders).some((name) => present.includes(name))) return false;
  const files = await filesIn(root);
  return Object.values(fer2013Files).every((name) => files.includes(name));
}

function checked(split: Split, rule: string, where: string): Split {
  if (split.samples.length > 0) return split;
  throw new MpaError("DATASET", `no row is kept under the rule ${rule}`, { where, fix: "check the vote columns" });
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

async function readLabels(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const fix = "copy the FER+ authors' label.csv there";
    throw new MpaError("DATASET", "the label file cannot be read", { where: file, fix, cause });
  }
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
    throw new MpaError("DATASET", `"${cell}" is not the name of an image`, {
      where,
      fix: "write the file's name alone",
    });
  }
  return name;
}

function parseVotes(cells: readonly string[], where: string): number[] {
  const wrong = cells.find((cell) => !/^\s*\d{1,9}\s*$/.test(cell));
  if (wrong === undefined) return cells.map(Number);
  throw new MpaError("DATASET", `the vote "${wrong}" is not a whole number`, { where, fix: "write counts from 0 up" });
}

function parseBox(cell: string, where: string): PixelBox | undefined {
  const parts = /^\(?\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)?$/.exec(cell.trim());
  const [left, top, right, bottom] = parts?.slice(1).map(Number) ?? [0, 0, 0, 0];
  if (right <= left || bottom <= top) {
    throw new MpaError("DATASET", `the face box "${cell}" is not (left, top, right, bottom)`, {
      where,
      fix: "write four pixels",
    });
  }
  const box = [left, top, right, bottom] as const;
  return box.join() === wholePicture ? undefined : box;
}
