import { existsSync } from "node:fs";
import { join } from "node:path";
import { excerpt, MpaError } from "../../platform/errors.ts";
import type { LabelledSource } from "../dataset.node.ts";
import { dfewClasses, expressionNamed } from "../expressionNames.ts";
import { labelLines } from "../labelFile.node.ts";
import { clipSplit, type LabelledClip } from "./clipFrames.node.ts";

const listFolders = ["4_setups/All_scenes", "All_scenes"];
const frameFolder = "2_ClipsforFaceCrop";

/**
 * FERV39k (Wang et al. 2022), all scenes: `4_setups/All_scenes/{train,test}_All.csv` with lines such as `Action/Sad/0010 Sad`, and the
 * frames `2_ClipsforFaceCrop/Action/Sad/0010/*.jpg`.
 */
export const ferv39k: LabelledSource = {
  name: "ferv39k",
  splits: ["train", "test"],
  async load(root, split) {
    const lists = listFolders.map((folder) => join(root, folder, `${split}_All.csv`));
    const list = lists.find(existsSync);
    if (list === undefined) {
      const what = `${split}_All.csv is neither in ${listFolders.join(" nor in ")}`;
      throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
    }
    const clips: LabelledClip[] = [];
    for await (const { line, text } of labelLines(list)) clips.push(parseClip(text, `${list}:${line}`));
    return clipSplit({ name: split, root, listedIn: frameFolder, classes: dfewClasses, clips });
  },
};

function parseClip(text: string, where: string): LabelledClip {
  const [, folder, word] = /^([\w-]+\/[\w-]+\/[\w-]+)\s+([a-z]+)\s*$/i.exec(text) ?? [];
  const label = dfewClasses.findIndex((name) => word !== undefined && name === expressionNamed(word));
  if (label >= 0) return { folder, label, where };
  const what = `${excerpt(text)} is not a clip's SCENE/EXPRESSION/NUMBER and one of the seven expressions`;
  throw new MpaError("DATASET", what, { where, fix: "restore the line from the authors' file" });
}
