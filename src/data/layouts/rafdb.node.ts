import { existsSync } from "node:fs";
import { join } from "node:path";
import { excerpt, MpaError } from "../../platform/errors.ts";
import { type LabelledSource, picturesIn, requirePictures, requireSamples, sumCounts } from "../dataset.node.ts";
import { rafdbClasses, rafdbCompoundClasses } from "../expressionNames.ts";
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
    return requireSamples({ name: split, root: base, listedIn, classes: rafdbClasses, leftOut: 0, ...found }, base);
  },
};

/**
 * RAF-DB, compound expressions: `EmoLabel/list_patition_label.txt` with `Image/aligned/NAME_aligned.jpg`, also in a folder
 * `compound/`. It has no validation split.
 */
export const rafdbCompound: LabelledSource = {
  name: "raf-db-compound",
  splits: ["train", "test"],
  async load(root, split) {
    const base = [join(root, "compound"), root].find((each) => existsSync(join(each, labelFile)));
    if (base === undefined) {
      const what = `neither compound/${labelFile} nor ${labelFile} is there`;
      throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
    }
    const rows = await readRows(base, rafdbCompoundClasses.length);
    // The list of the basic expressions has the same name and form.
    if (rows.length > 0 && rows.every(({ label }) => label < rafdbClasses.length)) {
      const what = `no number is above ${rafdbClasses.length}, so that it seems to be the list of the basic expressions`;
      const fix = "point --data at the compound expressions, or use --dataset raf-db";
      throw new MpaError("DATASET", what, { where: join(base, labelFile), fix });
    }
    const samples = ofSplit(rows, split);
    const classes = rafdbCompoundClasses;
    return requireSamples({ name: split, root: base, listedIn: aligned, classes, samples, leftOut: 0 }, base);
  },
};

const layouts = (root: string) =>
  [root, join(root, "basic")].flatMap((base) => [
    { root: base, marker: join(base, labelFile), read: readList, listedIn: aligned },
    { root: base, marker: join(base, mirror, "train"), read: readMirror, listedIn: undefined },
  ]);

type Found = Pick<Split, "samples" | "passedOver">;

const readList = async (root: string, split: SplitName): Promise<Found> => ({
  samples: ofSplit(await readRows(root, rafdbClasses.length), split),
});

interface Row {
  readonly name: string;
  readonly label: number;
}

/** Parses lines such as `train_00001.jpg 5`, with numbers from 1 to `classes`. */
async function readRows(root: string, classes: number): Promise<Row[]> {
  const path = join(root, labelFile);
  const lines = (await readLabels(path)).split(/\r?\n/);
  return lines.flatMap((line, i): Row[] => {
    if (line.trim() === "") return [];
    const [, name, digits] = line.match(/^([\w-]+)\.jpg[ \t]+(\d{1,2})\s*$/) ?? [];
    const number = Number(digits);
    if (number >= 1 && number <= classes) return [{ name, label: number - 1 }];
    const what = `${excerpt(line)} is not a name and a number from 1 to ${classes}`;
    throw new MpaError("DATASET", what, { where: `${path}:${i + 1}`, fix: "restore the line from the authors' file" });
  });
}

const ofSplit = (rows: readonly Row[], split: SplitName): Sample[] =>
  rows.flatMap(({ name, label }) =>
    name.startsWith(`${split}_`) ? [{ file: `${aligned}/${name}_aligned.jpg`, label }] : [],
  );

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
