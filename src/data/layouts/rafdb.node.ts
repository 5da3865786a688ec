import { existsSync } from "node:fs";
import { join } from "node:path";
import { excerpt, MpaError } from "../../platform/errors.ts";
import { type LabelledSource, picturesIn, requirePictures, sumCounts } from "../dataset.node.ts";
import { rafdbClasses } from "../expressionNames.ts";
import { readLabels } from "../labelFile.node.ts";
import type { Sample, Split, SplitName } from "../sample.ts";

/** Label file; the typo is the authors'. */
const labelFile = "EmoLabel/list_patition_label.txt";
const mirror = "DATASET";
const aligned = "Image/aligned";

/**
 * RAF-DB, basic expressions: the authors' `EmoLabel/list_patition_label.txt` with `Image/aligned/NAME_aligned.jpg`, or the
 * common mirror `DATASET/{train,test}/1…7/*`; either may be in a folder `basic/`. It has no validation split.
 */
export const rafdb: LabelledSource = {
  name: "raf-db",
  splits: ["train", "test"],
  async load(root, split) {
    const layout = layouts(root).find(({ marker }) => existsSync(marker));
    if (layout === undefined) {
      const what = `neither ${labelFile} nor ${mirror}/train is there`;
      throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
    }
    const found = await layout.read(layout.root, split);
    const { root: base, listedIn } = layout;
    if (found.samples.length > 0) {
      return { name: split, root: base, listedIn, classes: rafdbClasses, leftOut: 0, ...found };
    }
    throw new MpaError("DATASET", `the ${split} split has no image`, {
      where: layout.root,
      fix: "restore the data set's files",
    });
  },
};

const layouts = (root: string) =>
  [root, join(root, "basic")].flatMap((base) => [
    { root: base, marker: join(base, labelFile), read: readList, listedIn: aligned },
    { root: base, marker: join(base, mirror, "train"), read: readMirror, listedIn: undefined },
  ]);

type Found = Pick<Split, "samples" | "passedOver">;

/** Parses lines such as `train_00001.jpg 5`. */
async function readList(root: string, split: SplitName): Promise<Found> {
  const path = join(root, labelFile);
  const lines = (await readLabels(path)).split(/\r?\n/);
  const samples = lines.flatMap((line, i): Sample[] => {
    if (line.trim() === "") return [];
    const [, name, number] = line.match(/^([\w-]+)\.jpg[ \t]+([1-7])\s*$/) ?? [];
    if (name === undefined) {
      const what = `${excerpt(line)} is not a name and a number from 1 to 7`;
      throw new MpaError("DATASET", what, {
        where: `${path}:${i + 1}`,
        fix: "restore the line from the authors' file",
      });
    }
    if (!name.startsWith(`${split}_`)) return [];
    return [{ file: `${aligned}/${name}_aligned.jpg`, label: Number(number) - 1 }];
  });
  return { samples };
}

async function readMirror(root: string, split: SplitName): Promise<Found> {
  const samples: Sample[] = [];
  const passedOver: Readonly<Record<string, number>>[] = [];
  for (const label of rafdbClasses.keys()) {
    const folder = `${mirror}/${split}/${label + 1}`;
    const found = await picturesIn(join(root, folder));
    requirePictures(rafdbClasses[label], found, join(root, folder));
    samples.push(...found.pictures.map((file) => ({ file: `${folder}/${file}`, label })));
    passedOver.push(found.passedOver);
  }
  const others = sumCounts(passedOver);
  return { samples, ...(Object.keys(others).length > 0 && { passedOver: others }) };
}
