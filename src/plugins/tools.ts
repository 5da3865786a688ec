/** What a plugin is handed, so that it imports nothing of this package and there is only one copy of it. */
import { parseCsv } from "../data/csv.ts";
import { MpaError } from "../errors.ts";
import * as ops from "../graph/ops/index.ts";
import { constant, scalar } from "../graph/tensor.ts";
import { parseClipConfig } from "../model/clipConfig.ts";
import { textTower } from "../model/text.ts";
import { visionTower } from "../model/vision.ts";
import { Random } from "../random.ts";

export const pluginTools = {
  /** operators of the graph: `add`, `matmul`, `softmax` …; each has its gradient */
  ops,
  /** values in a graph: `constant(Float32Array, shape)`, `scalar(number)` */
  constant,
  scalar,
  /** CLIP's sizes from a `config.json`, and CLIP's towers, to build others from */
  clipConfig: parseClipConfig,
  imageTower: visionTower,
  textTower,
  /** rows of a CSV file with their line numbers */
  parseCsv,
  /** numbers that are a function of a seed: `new Random(seed, "mine", epoch)` */
  Random,
  /** `new MpaError("DATASET", what, where, mend)`: an error that is one line for the user */
  MpaError,
} as const;

/** What a plugin's function is handed. */
export type PluginTools = typeof pluginTools;
