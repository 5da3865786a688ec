import { existsSync } from "node:fs";
import { join } from "node:path";
import { excerpt, MpaError } from "../../platform/errors.ts";
import { type LabelledSource, requireSamples } from "../dataset.node.ts";
import { expwClasses } from "../expressionNames.ts";
import { labelLines } from "../labelFile.node.ts";
import { imageRoot } from "../missingImages.node.ts";
import type { Sample } from "../sample.ts";
import { drawnSplit } from "./drawnSplit.ts";

const labelFiles = ["label/label.lst", "label.lst"];
const imageFolders = ["image/origin", "origin", "image", "."];

/**
 * ExpW (Zhang et al. 2018): `label/label.lst` with `image/origin/*`. A line is a face: image, number of the face, top, left, right
 * and bottom of its box, confidence of the box, label. Faces of any confidence are read. It has no splits of its own: the faces of
 * every fifth image are for testing.
 */
export const expw: LabelledSource = {
  name: "expw",
  splits: ["train", "test"],
  async load(root, split) {
    const list = labelFiles.map((name) => join(root, name)).find(existsSync);
    if (list === undefined) {
      const what = `neither ${labelFiles.join(" nor ")} is there`;
      throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
    }
    const faces: Sample[] = [];
    for await (const { line, text } of labelLines(list)) faces.push(parseFace(text, `${list}:${line}`));
    const images = await imageRoot(root, imageFolders, [...new Set(faces.map(({ file }) => file))]);
    const samples = drawnSplit(faces, split, ({ file }) => file);
    return requireSamples(
      { name: split, root: images, listedIn: ".", classes: expwClasses, samples, leftOut: 0 },
      list,
    );
  },
};

const face = /^([^\s/\\]+)\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.eE+-]+\s+([0-6])\s*$/;

function parseFace(text: string, where: string): Sample {
  const [, file, ...numbers] = face.exec(text) ?? [];
  const [top, left, right, bottom, label] = numbers.map(Number);
  if (file === undefined || file === "." || file === ".." || right <= left || bottom <= top) {
    const what = `${excerpt(text)} is not an image, a number, a face box, its confidence and a label from 0 to 6`;
    throw new MpaError("DATASET", what, { where, fix: "restore the line from the authors' file" });
  }
  return { file, label, box: [left, top, right, bottom] };
}
