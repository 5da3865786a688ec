import { existsSync } from "node:fs";
import { join } from "node:path";
import { excerpt, MpaError } from "../../platform/errors.ts";
import { filesIn, foldersIn, type LabelledSource, notRead, requireSamples } from "../dataset.node.ts";
import { ckplusClasses } from "../expressionNames.ts";
import { readLabels } from "../labelFile.node.ts";
import type { Sample } from "../sample.ts";
import { drawnSplit } from "./drawnSplit.ts";

const imageFolders = ["cohn-kanade-images", "extended-cohn-kanade-images/cohn-kanade-images"];
const labelFolders = ["Emotion", "Emotion_labels/Emotion", "Emotion_Labels/Emotion"];

/** Frames at the end of a sequence, where the expression is strongest. */
const lastFrames = 3;

/**
 * CK+ (Lucey et al. 2010): `cohn-kanade-images/S005/001/S005_001_00000011.png` with
 * `Emotion/S005/001/S005_001_00000011_emotion.txt`, which exists for labelled sequences only and names the last frame. The last three
 * frames of each are read. It has no splits of its own: every fifth person is for testing.
 */
export const ckplus: LabelledSource = {
  name: "ckplus",
  splits: ["train", "test"],
  async load(root, split) {
    const [images, labels] = [folderOf(root, imageFolders), folderOf(root, labelFolders)];
    const sequences = await sequencesIn(join(root, images));
    const labelled = await labelledSequences(root, labels);
    const withLabel = new Set(labelled.map(({ sequence }) => sequence));
    const samples = drawnSplit(labelled, split, ({ person }) => person).flatMap(
      ({ sequence, person, frame, label }): Sample[] =>
        frames(frame).map((name) => ({ file: `${images}/${sequence}/${name}.png`, label, person })),
    );
    const unlabelled = sequences.filter((sequence) => !withLabel.has(sequence)).length;
    const counts = { leftOutBy: { "sequence without a label": unlabelled } };
    return requireSamples(
      { name: split, root, listedIn: images, classes: ckplusClasses, samples, ...notRead(counts) },
      join(root, labels),
    );
  },
};

function folderOf(root: string, names: readonly string[]): string {
  const found = names.find((name) => existsSync(join(root, name)));
  if (found !== undefined) return found;
  const what = `the folder ${names[0]} is not there`;
  throw new MpaError("DATASET", what, { where: root, fix: `point --data at the folder that holds ${names[0]}` });
}

/** Paths of the sequences, such as S005/001. */
async function sequencesIn(path: string): Promise<string[]> {
  const sequences: string[] = [];
  for (const person of await foldersIn(path)) {
    for (const number of await foldersIn(join(path, person))) sequences.push(`${person}/${number}`);
  }
  return sequences;
}

interface LabelledSequence {
  readonly sequence: string;
  readonly person: string;
  /** name of the last frame, without its ending */
  readonly frame: string;
  readonly label: number;
}

async function labelledSequences(root: string, labels: string): Promise<LabelledSequence[]> {
  const found: LabelledSequence[] = [];
  for (const sequence of await sequencesIn(join(root, labels))) {
    for (const file of await filesIn(join(root, labels, sequence))) {
      const path = join(root, labels, sequence, file);
      const [, frame] = /^(S\d+_\d+_\d+)_emotion\.txt$/.exec(file) ?? [];
      if (frame === undefined) continue;
      found.push({ sequence, person: sequence.split("/")[0], frame, label: labelOf(await readLabels(path), path) });
    }
  }
  return found;
}

/** Parses a label such as `   3.0000000e+00`. */
function labelOf(text: string, path: string): number {
  const label = ckplusClasses.findIndex((_, i) => text.trim() !== "" && Number(text) === i + 1);
  if (label >= 0) return label;
  const what = `the emotion ${excerpt(text.trim())} is not a number from 1 to ${ckplusClasses.length}`;
  throw new MpaError("DATASET", what, { where: `${path}:1`, fix: "restore the file" });
}

/** Names of the last frames: S005_001_00000009, …10 and …11. */
function frames(last: string): string[] {
  const [, stem, digits] = /^(.*_)(\d+)$/.exec(last) ?? ["", "", ""];
  const numbers = Array.from({ length: lastFrames }, (_, i) => Number(digits) - lastFrames + 1 + i);
  return numbers
    .filter((number) => number > 0)
    .map((number) => `${stem}${String(number).padStart(digits.length, "0")}`);
}
