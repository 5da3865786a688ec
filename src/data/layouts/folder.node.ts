import { join } from "node:path";
import { kindByName } from "../../pictures/kinds.ts";
import { MpaError } from "../../platform/errors.ts";
import { filesIn, foldersIn, type LabelledSource, picturesIn, requirePictures, sumCounts } from "../dataset.node.ts";
import { isSameClass, readClassNames } from "../expressionNames.ts";
import { ferClasses, type Sample, type SplitName } from "../sample.ts";

const spellings: Readonly<Record<SplitName, readonly string[]>> = {
  train: ["train"],
  valid: ["valid", "val", "validation"],
  test: ["test"],
};

/**
 * Data set in class folders, `{train,valid,test}/CLASS/**` (docs/datasets.md); `val` and `validation` are accepted for `valid`.
 * The classes are the folders of `train`, or of the split itself without `train`, sorted by name, or in FER+ order if all name
 * FER+ classes in some spelling. `valid` and `test` may lack a class, but an empty class folder is an error.
 */
export const folder: LabelledSource = {
  name: "folder",
  async load(root, split, { notice }) {
    const splitFolder = await findFolder(root, split);
    const present = await foldersIn(join(root, splitFolder));
    const classes = await classesOf(root, splitFolder, present);
    if (classes.notice !== undefined) notice?.(`${split}: ${classes.notice}`);
    const samples: Sample[] = [];
    const passedOver = [await besideClasses(join(root, splitFolder))];
    for (const [label, name] of classes.names.entries()) {
      for (const own of present.filter((each) => classes.folderOf(each) === label)) {
        const where = join(root, splitFolder, own);
        const found = await picturesIn(where);
        requirePictures(name, found, where);
        passedOver.push(found.passedOver);
        samples.push(...found.pictures.map((file) => ({ file: `${splitFolder}/${own}/${file}`, label })));
      }
    }
    const others = sumCounts(passedOver);
    const leftOut = 0;
    return {
      ...{ name: split, root, classes: classes.names, samples, leftOut },
      ...(Object.keys(others).length > 0 && { passedOver: others }),
    };
  },
};

/** Counts the images and videos beside the class folders. */
async function besideClasses(path: string): Promise<Readonly<Record<string, number>>> {
  const files = (await filesIn(path)).filter((name) => kindByName(name) !== undefined);
  return files.length === 0 ? {} : { "picture in no class folder": files.length };
}

async function findFolder(root: string, split: SplitName): Promise<string> {
  const present = await foldersIn(root);
  const found = spellings[split].find((name) => present.includes(name));
  if (found !== undefined) return found;
  const there = present.length > 0 ? `there are only ${present.slice(0, 8).join(", ")}` : "it has no folder";
  const what = `the ${split} split's folder ${spellings[split].join(" or ")} is missing and ${there}`;
  throw new MpaError("DATASET", what, { where: root, fix: `lay images out as ${spellings[split][0]}/CLASS/*` });
}

interface Classes {
  readonly names: readonly string[];
  /** index in `names` of a folder's class */
  folderOf(folder: string): number;
  readonly notice: string | undefined;
}

async function classesOf(root: string, splitFolder: string, present: readonly string[]): Promise<Classes> {
  const hasTrain = (await foldersIn(root)).includes("train");
  const folders = hasTrain ? await foldersIn(join(root, "train")) : present;
  const where = join(root, hasTrain ? "train" : splitFolder);
  if (folders.length < 2) {
    const what = `${folders.length === 0 ? "no class folder" : `only the class ${folders[0]}`} where two or more are needed`;
    throw new MpaError("DATASET", what, { where, fix: "make one folder a class" });
  }
  const placeOf = (name: string) =>
    folders.includes(name) ? folders.indexOf(name) : folders.findIndex((each) => isSameClass(each, name));
  const unknown = present.find((name) => placeOf(name) < 0);
  if (unknown !== undefined) {
    const what = `the class ${unknown} is not among train's classes (${folders.join(", ")})`;
    throw new MpaError("DATASET", what, {
      where: join(root, splitFolder, unknown),
      fix: "rename the folder or add it to train",
    });
  }
  const { classes, notice } = readClassNames(folders);
  const inFerOrder = ferClasses.filter((name) => classes.includes(name));
  const names = inFerOrder.length === classes.length ? inFerOrder : classes;
  return { names, notice, folderOf: (name) => names.indexOf(classes[placeOf(name)]) };
}
