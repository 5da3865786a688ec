/** A classifier for use: trained prompts, or the hard prompts alone (zero-shot), as constants of one graph. */

import { join } from "node:path";
import { z } from "zod";
import { openBackboneIn } from "../clip/backbone.node.ts";
import { adaptedPromptsFile, type Backbone } from "../clip/backbone.ts";
import type { Precision } from "../clip/options.node.ts";
import { ferClasses } from "../data/sample.ts";
import type { RunContext } from "../platform/context.ts";
import { isFile, readJson } from "../platform/files.node.ts";
import { locateCheckpoint, readCheckpoint } from "./checkpoint.node.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Classifier, openClassifier, type RuntimeOptions } from "./classifier.ts";
import { type Explainer, openExplainer } from "./explain/explainer.ts";
import {
  type Descriptions,
  defaultDescriptions,
  type HardPromptConfiguration,
  parseDescriptions,
} from "./hardPrompts.ts";
import { modelFromCheckpoint, type PromptedModel, zeroShotModel } from "./model.ts";

/* Class descriptions from a file. */

/** The file's descriptions; without a file those in the package. Throws NOT_FOUND, CONFIG. */
export async function readDescriptions(file: string | undefined): Promise<Descriptions> {
  if (file === undefined) return defaultDescriptions;
  return parseDescriptions(await readJson(file, z.unknown(), "CONFIG"), file);
}

/** Which model answers, and on what it runs. */
export interface PredictorConfig {
  /** a folder, a model on the hub, or one in the package */
  readonly backbone: string;
  /** a file, or one on the hub */
  readonly checkpoint?: string | undefined;
  readonly hardPrompt: HardPromptConfiguration;
  /** a file of class → phrases */
  readonly descriptions?: string | undefined;
  readonly threads: number;
  readonly provider: string;
  readonly precision: Precision;
  /** without a checkpoint: use the adapted prompts of the backbone's folder, where there are some */
  readonly adapted?: boolean;
}

/** A backbone with prompts, from which classifiers and explainers of aligned faces are opened. */
export interface Predictor {
  readonly backbone: Backbone;
  /** in the order of the probabilities */
  readonly classes: readonly string[];
  /** absent for zero-shot */
  readonly checkpoint?: Checkpoint;
  /** where the checkpoint lies */
  readonly file?: string;
  /** what the model is made of */
  readonly subject: PromptedModel;
  /**
   * A classifier of at most `batch` images a call; dispose of it when done. `soon`: made to answer a few images soonest,
   * instead of many in the least time.
   */
  open(batch: number, how?: { readonly soon: boolean }): Promise<Classifier>;
  /** Saliency and patches for a face, `batch` gradients at a time; dispose of it when done. */
  openExplainer(batch?: number): Promise<Explainer>;
}

/** `classes` name what zero-shot chooses from; a checkpoint brings its own. Throws as the backbone and checkpoint do. */
export async function openPredictor(
  config: PredictorConfig,
  context: RunContext,
  classes: readonly string[] = ferClasses,
): Promise<Predictor> {
  const backbone = await openBackboneIn(config.precision, config.backbone, context);
  const runtime: RuntimeOptions = config;
  const given = config.checkpoint ?? (config.adapted === true ? await adaptedPrompts(backbone) : undefined);
  if (given !== undefined) {
    const file = await locateCheckpoint(given, context);
    const checkpoint = await readCheckpoint(file, backbone);
    return { checkpoint, file, ...openings(backbone, modelFromCheckpoint(backbone, checkpoint), runtime) };
  }
  const prompts = { classes, hardPrompt: config.hardPrompt, descriptions: await readDescriptions(config.descriptions) };
  return openings(backbone, await zeroShotModel(backbone, prompts, runtime), runtime);
}

async function adaptedPrompts({ folder }: Backbone): Promise<string | undefined> {
  const file = join(folder, adaptedPromptsFile);
  return (await isFile(file)) ? file : undefined;
}

function openings(
  backbone: Backbone,
  subject: PromptedModel,
  runtime: RuntimeOptions,
): Omit<Predictor, "checkpoint" | "file"> {
  const { classes, topK } = subject;
  return {
    ...{ backbone, classes, subject },
    open: (batch, { soon } = { soon: false }) => {
      const options = { batch, classes: classes.length, topK, constants: subject };
      return openClassifier(backbone, options, soon ? { ...runtime, poolSize: 1 } : runtime);
    },
    openExplainer: (batch) => openExplainer(subject, backbone.open, { ...runtime, batch }),
  };
}
