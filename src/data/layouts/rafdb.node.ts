import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MpaError } from "../../platform/errors.ts";
import { filesIn, type LabelledSource } from "../dataset.node.ts";
import type { Sample, SplitName } from "../sample.ts";

/** In the order of their numbers 1 … 7 (docs/datasets.md). */
export const rafdbClasses = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"] as const;

/** The authors' spelling. */
const labelFile = "EmoLabel/list_patition_label.txt";
const mirror = "DATASET";
const aligned = "Image/aligned";

/**
 * RAF-DB, basic expressions: the authors' `EmoLabel/list_patition_label.txt` with `Image/aligned/NAME_aligned.jpg`, or the
 * common mirror `DATASET/{train,test}/1…7/*`; a folder `basic/` around either is looked into. It has no validation split.
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
    const samples = await layout.read(layout.root, split);
    const { root: base, listedIn } = layout;
    if (samples.length > 0) return { name: split, root: base, listedIn, classes: rafdbClasses, samples, leftOut: 0 };
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

/** Lines such as `train_00001.jpg 5`. */
async function readList(root: string, split: SplitName): Promise<Sample[]> {
  const path = join(root, labelFile);
  const lines = (await readFile(path, "utf8")).replace(/^\uFEFF/, "").split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    const [, name, number] = line.match(/^([\w-]+)\.jpg[ \t]+([1-7])\s*$/) ?? [];
    if (name === undefined) {
      const what = `"${line}" is not a name and a number from 1 to 7`;
      throw new MpaError("DATASET", what, {
        where: `${path}:${i + 1}`,
        fix: "restore the line from the authors' file",
      });
    }
    if (!name.startsWith(`${split}_`)) return [];
    return [{ file: `${aligned}/${name}_aligned.jpg`, label: Number(number) - 1 }];
  });
}

async function readMirror(root: string, split: SplitName): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const label of rafdbClasses.keys()) {
    const folder = `${mirror}/${split}/${label + 1}`;
    const files = (await filesIn(join(root, folder))).filter((file) => /\.(jpe?g|png)$/i.test(file));
    if (files.length === 0) {
      const what = `the class ${rafdbClasses[label]} has no image`;
      throw new MpaError("DATASET", what, { where: join(root, folder), fix: "restore the folder" });
    }
    samples.push(...files.map((file) => ({ file: `${folder}/${file}`, label })));
  }
  return samples;
}
