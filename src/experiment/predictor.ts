/** A classifier for use: trained prompts, or the hard prompts alone (zero-shot), as constants of one graph. */
import { join } from "node:path";
import type { EvaluateConfig } from "../config.ts";
import { ferClasses } from "../data/classes.ts";
import { MpaError } from "../errors.ts";
import { isFile } from "../files.ts";
import type { Backbone } from "../model/backbone.ts";
import { openBackbone } from "../model/openBackbone.ts";
import type { Values } from "../model/prompts.ts";
import type { RunContext } from "../runContext.ts";
import type { Checkpoint } from "../trainer/checkpoint.ts";
import { readCheckpoint } from "../trainer/checkpointFile.ts";
import { type Classifier, encodeHardPrompts, openClassifier, type RuntimeOptions } from "./classifier.ts";
import { readDescriptions } from "./descriptionsFile.ts";
import { prepareHardPrompts } from "./texts.ts";

export type PredictorConfig = Pick<
  EvaluateConfig,
  "backbone" | "checkpoint" | "hardPrompt" | "descriptions" | "threads" | "provider" | "precision"
> & {
  /** without a checkpoint: use the adapted prompts of the backbone's folder, where there are some */
  readonly adapted?: boolean;
};

/** Name of the adapted prompts that lie in a backbone's folder, for whoever names no checkpoint. */
export const adaptedPromptsFile = "prompts.safetensors";

export interface Predictor {
  readonly backbone: Backbone;
  /** in the order of the probabilities */
  readonly classes: readonly string[];
  /** absent for zero-shot */
  readonly checkpoint?: Checkpoint;
  /** A classifier of at most `batch` images a call; dispose of it when done. */
  open(batch: number): Promise<Classifier>;
}

/** `classes` name what zero-shot chooses from; a checkpoint brings its own. Throws as the backbone and checkpoint do. */
export async function openPredictor(
  config: PredictorConfig,
  context: RunContext,
  classes: readonly string[] = ferClasses,
): Promise<Predictor> {
  if (config.precision !== "fp32") {
    throw new MpaError(
      "RUNTIME",
      `prediction in ${config.precision} is not available`,
      undefined,
      "use --precision fp32",
    );
  }
  const backbone = await openBackbone(config.backbone, context);
  const runtime: RuntimeOptions = config;
  const file = config.checkpoint ?? (config.adapted === true ? await adaptedPrompts(backbone) : undefined);
  if (file !== undefined) {
    const checkpoint = await readCheckpoint(file, backbone);
    const constants = { theta: checkpoint.theta, visionPrompts: checkpoint.prompts["vision.prompts"] };
    const open = opener(backbone, checkpoint.classes, checkpoint.config.localTopK, constants, runtime);
    return { backbone, classes: checkpoint.classes, checkpoint, open };
  }
  const hard = prepareHardPrompts(backbone, classes, config.hardPrompt, await readDescriptions(config.descriptions));
  const { prompt } = await encodeHardPrompts(backbone, hard.tokens, runtime);
  return { backbone, classes, open: opener(backbone, classes, 0, { theta: prompt }, runtime) };
}

async function adaptedPrompts({ folder }: Backbone): Promise<string | undefined> {
  const file = join(folder, adaptedPromptsFile);
  return (await isFile(file)) ? file : undefined;
}

const opener =
  (
    backbone: Backbone,
    classes: readonly string[],
    localTopK: number,
    constants: { readonly theta: Values; readonly visionPrompts?: Values },
    runtime: RuntimeOptions,
  ) =>
  (batch: number): Promise<Classifier> =>
    openClassifier(backbone, { batch, classes: classes.length, localTopK, constants }, runtime);
