/** Backbone and images of a training run. */
import { type BackboneContext, openBackboneIn } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { type Split, selectionSplit } from "../../data/sample.ts";
import { openTrainingImages } from "../../data/trainingImages.node.ts";
import { contextOf, eachOnce } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import type { TrainConfig } from "../options.ts";

/** Backbone and images of a training run. */
export interface RunData {
  readonly backbone: Backbone;
  readonly train: ImageSource;
  /** images used for model selection; the test split under the paper's protocol */
  readonly valid: ImageSource;
}

/** Opens the backbone and both splits. Throws the errors of opening them, and DATASET if their classes differ. */
export async function openData(config: TrainConfig, context: BackboneContext): Promise<RunData> {
  const backbone = await openBackboneIn(config, config.backbone, context);
  const selection = selectionSplit(config.paperProtocol);
  // Both splits may come from the same files, so repeated notices are dropped.
  const own = { ...context, notice: eachOnce(contextOf(context).notice) };
  const train = await openTrainingImages(config, backbone, "train", config.limit, own);
  const valid = await openTrainingImages(config, backbone, selection, config.validLimit, own);
  checkSameClasses(train.split, valid.split);
  return { backbone, train, valid };
}

function checkSameClasses(train: Split, valid: Split): void {
  if (JSON.stringify(train.classes) === JSON.stringify(valid.classes)) return;
  const what = `the classes of train (${train.classes.join(", ")}) and ${valid.name} (${valid.classes.join(", ")}) differ`;
  throw new MpaError("DATASET", what, { where: train.root, fix: "give both splits the same class folders" });
}
