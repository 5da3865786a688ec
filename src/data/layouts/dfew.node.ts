import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseCsv } from "../../platform/csv.ts";
import { excerpt, MpaError } from "../../platform/errors.ts";
import type { LabelledSource } from "../dataset.node.ts";
import { dfewClasses } from "../expressionNames.ts";
import { readLabels } from "../labelFile.node.ts";
import { clipSplit, type LabelledClip } from "./clipFrames.node.ts";

const spellings = ["single-labeled", "single_labeled"];
const frameFolders = ["Clip/clip_224x224_16f", "Clip/clip_224x224"];

/**
 * DFEW (Jiang et al. 2020), one fold of its cross-validation: `EmoLabel_DataSplit/{train,test}(single-labeled)/set_FOLD.csv` with a
 * header line and rows of clip and label, and the frames `Clip/clip_224x224_16f/00001/*.jpg`.
 */
const dfew = (fold: number): LabelledSource => ({
  name: `dfew-${fold}`,
  splits: ["train", "test"],
  async load(root, split) {
    const lists = [...spellings.map((each) => `${split}(${each})`), split].map(
      (folder) => `EmoLabel_DataSplit/${folder}/set_${fold}.csv`,
    );
    const list = join(root, present(root, lists));
    const listedIn = present(root, frameFolders);
    const clips = parseClips(await readLabels(list), list);
    return clipSplit({ name: split, root, listedIn, classes: dfewClasses, clips });
  },
});

/** The five folds. */
export const dfewFolds = [1, 2, 3, 4, 5].map(dfew);

function present(root: string, paths: readonly string[]): string {
  const found = paths.find((path) => existsSync(join(root, path)));
  if (found !== undefined) return found;
  const what = `none of ${paths.join(", ")} is there`;
  throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
}

function parseClips(text: string, list: string): LabelledClip[] {
  const [, ...rows] = parseCsv(text, list);
  return rows.map(({ line, cells }) => {
    const where = `${list}:${line}`;
    const [clip = "", number = ""] = cells.map((cell) => cell.trim());
    if (/^\d{1,9}$/.test(clip) && /^[1-7]$/.test(number)) {
      return { folder: clip.padStart(5, "0"), label: Number(number) - 1, where };
    }
    const what = `${excerpt(cells.join(","))} is not the number of a clip and a label from 1 to 7`;
    throw new MpaError("DATASET", what, { where, fix: "restore the line from the authors' file" });
  });
}
