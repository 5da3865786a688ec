/** FER+ (Barsoum et al. 2016): the authors' folders, or Kaggle's file with the authors' votes. */
import { join } from "node:path";
import { countByName } from "../../platform/counts.ts";
import { parseCsv } from "../../platform/csv.ts";
import { MpaError } from "../../platform/errors.ts";
import { foldersIn, type LabelledSource } from "../dataset.node.ts";
import { type LabelRule, labelOf, leftOutReason } from "../ferplusVotes.ts";
import { readLabels } from "../labelFile.node.ts";
import { ferClasses, type Sample, type Split, type SplitName } from "../sample.ts";
import { findKaggleFiles, kaggleRows } from "./ferplusKaggle.node.ts";
import { parseLabelRow, type Voted } from "./ferplusRows.ts";

const folders: Readonly<Record<SplitName, string>> = {
  train: "FER2013Train",
  valid: "FER2013Valid",
  test: "FER2013Test",
};
/**
 * FER+ in its authors' layout: `FER2013Train|FER2013Valid|FER2013Test/` with images and a `label.csv` without a header
 * line: name, "(left, top, right, bottom)", ten vote counts. Without any of these folders: Kaggle's `fer2013.csv` beside
 * `fer2013new.csv` (docs/datasets.md). Always eight classes.
 */
export const ferplus: LabelledSource = {
  name: "ferplus",
  async load(root, split, { labelRule = "plurality" }) {
    const present = await foldersIn(root);
    const hasFolders = Object.values(folders).some((name) => present.includes(name));
    const kaggle = hasFolders ? undefined : await findKaggleFiles(root);
    if (kaggle !== undefined) {
      const found = await labelled(kaggleRows(kaggle, split), labelRule);
      return checked({ name: split, root, classes: ferClasses, ...found }, labelRule, root);
    }
    const folder = folders[split];
    requireFolder(root, present, split);
    const labels = join(root, folder, "label.csv");
    const found = await labelled(folderRows(folder, labels), labelRule);
    return checked({ name: split, root, listedIn: folder, classes: ferClasses, ...found }, labelRule, labels);
  },
};

/** Applies the label rule to the rows, and counts those that it leaves out by reason. */
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
    const { name, box, votes } = parseLabelRow(cells, `${path}:${line}`);
    yield { file: `${folder}/${name}`, ...(box && { box }), votes };
  }
}

function checked(split: Split, rule: string, where: string): Split {
  if (split.samples.length > 0) return split;
  throw new MpaError("DATASET", `no row is kept under the rule ${rule}`, { where, fix: "check the vote columns" });
}

function requireFolder(root: string, present: readonly string[], split: SplitName): void {
  const folder = folders[split];
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
