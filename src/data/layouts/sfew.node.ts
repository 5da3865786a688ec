import { existsSync } from "node:fs";
import { join } from "node:path";
import { MpaError } from "../../platform/errors.ts";
import {
  foldersIn,
  type LabelledSource,
  notRead,
  picturesIn,
  requirePictures,
  requireSamples,
  sumCounts,
} from "../dataset.node.ts";
import { expressionNamed } from "../expressionNames.ts";
import type { Sample, SplitName } from "../sample.ts";

const classes = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"];

/** Folders of a set's classes: aligned faces, at the top or inside the set's folder, else whole frames. */
const placesOf = (set: "Train" | "Val"): string[] => [
  ...["", `${set}/`, "images/"].flatMap((base) => [`${base}${set}_Aligned_Faces_new`, `${base}${set}_Aligned_Faces`]),
  set,
];

/**
 * SFEW 2.0 (Dhall et al. 2011): `Train/Train_Aligned_Faces/CLASS/*` and `Val/Val_Aligned_Faces/CLASS/*`. The labels of its test set
 * are not public, so its validation set is the `test` split here.
 */
export const sfew: LabelledSource = {
  name: "sfew",
  splits: ["train", "test"],
  async load(root, split) {
    const place = findSet(root, split);
    const folders = await foldersIn(join(root, place));
    const samples: Sample[] = [];
    const passedOver: Readonly<Record<string, number>>[] = [];
    for (const own of folders) {
      const where = join(root, place, own);
      const label = classes.indexOf(expressionNamed(own) ?? "");
      if (label < 0) {
        const what = `the folder ${own} is none of the seven expressions`;
        throw new MpaError("DATASET", what, { where, fix: "take the folder away" });
      }
      const found = await picturesIn(where);
      requirePictures(classes[label], found, where);
      samples.push(...found.pictures.map((file) => ({ file: `${place}/${own}/${file}`, label })));
      passedOver.push(found.passedOver);
    }
    const counts = { passedOver: sumCounts(passedOver) };
    return requireSamples({ name: split, root, classes, samples, ...notRead(counts) }, join(root, place));
  },
};

function findSet(root: string, split: SplitName): string {
  const places = placesOf(split === "train" ? "Train" : "Val");
  const found = places.find((place) => existsSync(join(root, place)));
  if (found !== undefined) return found;
  const what = `the ${split} split is in none of ${places.join(", ")}`;
  throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
}
