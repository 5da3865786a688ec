import { excerpt, MpaError } from "../../platform/errors.ts";
import type { LabelledSource } from "../dataset.node.ts";
import { fer2013Classes } from "../expressionNames.ts";
import { ferClasses, type Sample } from "../sample.ts";
import { fer2013Files, fer2013Rows, findFer2013, greyImage, pictureName } from "./fer2013Csv.node.ts";

/** The seven classes in FER+ order. */
const classes = ferClasses.filter((name) => fer2013Classes.some((each) => each === name));

/** FER2013 with its own labels of seven expressions: Kaggle's `fer2013.csv` or `icml_face_data.csv`. */
export const fer2013: LabelledSource = {
  name: "fer2013",
  async load(root, split) {
    const { pixels: path } = await findFer2013(root);
    if (path === undefined) {
      const what = `neither ${fer2013Files.pixels.join(" nor ")} is there`;
      throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
    }
    const samples: Sample[] = [];
    for await (const row of fer2013Rows(path)) {
      if (row.split !== split) continue;
      const label = labelOf(row.emotion, row.where);
      samples.push({ file: pictureName(row.index), label, grey: greyImage(row) });
    }
    if (samples.length > 0) return { name: split, root, classes, samples, leftOut: 0 };
    throw new MpaError("DATASET", `the ${split} split has no row`, { where: path, fix: "take the file whole" });
  },
};

function labelOf(emotion: string, where: string): number {
  const name = /^\d$/.test(emotion) ? fer2013Classes[Number(emotion)] : undefined;
  if (name !== undefined) return classes.indexOf(name);
  const what = `the emotion ${excerpt(emotion)} is not a number from 0 to ${fer2013Classes.length - 1}`;
  throw new MpaError("DATASET", what, { where, fix: "restore the row" });
}
