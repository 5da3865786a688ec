import { join } from "node:path";
import { MpaError } from "../../platform/errors.ts";
import { filesIn, foldersIn, type LabelledSource } from "../dataset.node.ts";
import { ferClasses, type Sample, type SplitName } from "../sample.ts";

const spellings: Readonly<Record<SplitName, readonly string[]>> = {
  train: ["train"],
  valid: ["valid", "val", "validation"],
  test: ["test"],
};
const imageName = /\.(png|jpe?g|webp|bmp|gif|tiff?|avif)$/i;

/**
 * Any data set of the layout `{train,valid,test}/CLASS/*` (docs/datasets.md); `val` and `validation` are read as
 * `valid`. The classes are the folders of `train` by name, or in FER+ order where all of them are FER+ classes. Where
 * there is no `train`, they are the folders of the split itself. A class may be missing from `valid` and `test`, but a
 * class folder without an image is an error everywhere.
 */
export const folder: LabelledSource = {
  name: "folder",
  async load(root, split) {
    const splitFolder = await findFolder(root, split);
    const present = await foldersIn(join(root, splitFolder));
    const classes = await classesOf(root, splitFolder, present);
    const samples: Sample[] = [];
    for (const [label, name] of classes.entries()) {
      if (!present.includes(name)) continue;
      const images = (await filesIn(join(root, splitFolder, name))).filter((file) => imageName.test(file));
      if (images.length === 0) {
        const fix = "add images (png, jpg, webp, bmp, gif, tiff, avif) or take the folder away";
        throw new MpaError("DATASET", `the class ${name} has no image`, { where: join(root, splitFolder, name), fix });
      }
      for (const image of images) samples.push({ file: `${splitFolder}/${name}/${image}`, label });
    }
    return { name: split, root, classes, samples, leftOut: 0 };
  },
};

async function findFolder(root: string, split: SplitName): Promise<string> {
  const present = await foldersIn(root);
  const found = spellings[split].find((name) => present.includes(name));
  if (found !== undefined) return found;
  const there = present.length > 0 ? `there are only ${present.slice(0, 8).join(", ")}` : "it has no folder";
  const what = `the ${split} split's folder ${spellings[split].join(" or ")} is missing and ${there}`;
  throw new MpaError("DATASET", what, { where: root, fix: `lay images out as ${spellings[split][0]}/CLASS/*` });
}

async function classesOf(root: string, splitFolder: string, present: readonly string[]): Promise<readonly string[]> {
  const hasTrain = (await foldersIn(root)).includes("train");
  const names = hasTrain ? await foldersIn(join(root, "train")) : present;
  const where = join(root, hasTrain ? "train" : splitFolder);
  if (names.length < 2) {
    const what = `${names.length === 0 ? "no class folder" : `only the class ${names[0]}`} where two or more are needed`;
    throw new MpaError("DATASET", what, { where, fix: "make one folder a class" });
  }
  const unknown = present.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const what = `the class ${unknown} is not among train's classes (${names.join(", ")})`;
    throw new MpaError("DATASET", what, {
      where: join(root, splitFolder, unknown),
      fix: "rename the folder or add it to train",
    });
  }
  const inFerOrder = ferClasses.filter((name) => names.includes(name));
  return inFerOrder.length === names.length ? inFerOrder : names;
}
