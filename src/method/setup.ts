/** Training setup, computed once before the first step: text tokens, frozen features, prototypes. */

import type { Backbone } from "../clip/backbone.ts";
import type { Augmentation } from "../data/augment.ts";
import type { Images } from "../data/batches.ts";
import { prototypeSubset } from "../data/order.ts";
import type { TensorData } from "../graph/tensor.ts";
import type { ProgressReporter } from "../platform/context.ts";
import { encodeHardPrompts, type RuntimeOptions } from "./classifier.ts";
import { classWeightsOf } from "./classWeights.ts";
import type { TrainingSpec } from "./graphs.ts";
import type { Descriptions, HardPromptConfiguration } from "./hardPrompts.ts";
import { alignsHardPrompts, extraWeights, type LossOptions } from "./losses.ts";
import {
  type Prepared,
  type PromptOptions,
  prepareHardPrompts,
  prepareSoftPrompts,
  promptShapes,
  type SoftText,
} from "./prompts.ts";
import { classPrototypes, type FeatureOptions, type FrozenFeatures, frozenFeatures } from "./prototypes.ts";

/** Precomputed inputs of a training run. */
export interface TrainingSetup {
  readonly spec: TrainingSpec;
  readonly soft: Prepared;
  readonly hard?: Prepared;
  readonly prototypes?: TensorData;
  /** g of the training and validation images, if neither prompts nor augmentation change the image encoder's output */
  readonly features?: { readonly train: FrozenFeatures; readonly valid?: FrozenFeatures };
}

/** Training options that the setup depends on. */
export interface SetupConfig {
  readonly context: PromptOptions["context"];
  /** M */
  readonly contextLength: number;
  readonly softText: SoftText;
  readonly hardPrompt: HardPromptConfiguration;
  /** replaces the template of `hardPrompt` */
  readonly template?: string | undefined;
  readonly visualPrompts: number;
  readonly topK: number;
  readonly beta: number;
  readonly gamma: number;
  readonly prototypeLoss: TrainingSpec["prototypeLoss"];
  readonly prototypeImages: number | "all";
  readonly tau?: number | undefined;
  readonly lossTerm?: readonly string[] | undefined;
  /** ε of label smoothing */
  readonly labelSmoothing?: number | undefined;
  /** name of a rule for class weights */
  readonly classWeights?: string | undefined;
  /** α of mixup */
  readonly mixup?: number | undefined;
  readonly augment: Augmentation;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
}

/** Dependencies of the setup. */
export interface SetupParts {
  readonly backbone: Backbone;
  readonly train: Images;
  readonly valid?: Images;
  readonly descriptions: Descriptions;
  readonly runtime: RuntimeOptions;
  readonly progress: ProgressReporter;
  /** returns cached features of all images of a split; without it features are computed as needed */
  readonly featureCache?: (images: Images, options: FeatureOptions) => Promise<FrozenFeatures>;
}

/** Prepares texts, prototypes and features of the enabled components. Throws CONFIG if a class description is missing. */
export async function prepareTraining(config: SetupConfig, parts: SetupParts): Promise<TrainingSetup> {
  const { backbone, train, valid, runtime } = parts;
  const { classes } = train.split;
  const losses: LossOptions = {
    beta: config.beta,
    gamma: config.gamma,
    prototypeLoss: config.prototypeLoss,
    tau: config.tau ?? 1 / backbone.clip.scale,
    extra: extraWeights(config.lossTerm),
  };
  const alignsHard = alignsHardPrompts(losses);
  const hard =
    alignsHard || config.softText === "hard-prompt"
      ? prepareHardPrompts(backbone, classes, config.hardPrompt, parts.descriptions, config.template)
      : undefined;
  const softTexts = config.softText === "hard-prompt" && hard ? hard.texts : classes;
  const soft = prepareSoftPrompts(backbone, softTexts, config.contextLength);
  const hardFeatures = alignsHard && hard ? await encodeHardPrompts(backbone, hard.tokens, runtime) : undefined;
  const isMixed = config.mixup !== undefined && config.mixup > 0;
  // Without visual prompts, local features, augmentation and mixup, g of an image is constant and replaces its pixels.
  const isFrozen = config.visualPrompts === 0 && config.topK === 0 && config.augment === "none" && !isMixed;
  const features = isFrozen
    ? {
        train: await allFeatures(config, parts, train, "features of the training images"),
        valid: valid && (await allFeatures(config, parts, valid, "features of the validation images")),
      }
    : undefined;
  const prototypes = config.gamma > 0 ? await makePrototypes(config, parts, features?.train) : undefined;
  const promptOptions: PromptOptions = { ...config, classes: classes.length };
  const spec: TrainingSpec = {
    soft: soft.tokens,
    shapes: promptShapes(backbone.clip.config, promptOptions),
    classes: classes.length,
    topK: config.topK,
    hard: hardFeatures,
    prototypes,
    source: isFrozen ? "features" : "pixels",
    ...losses,
    ...(config.labelSmoothing !== undefined && { labelSmoothing: config.labelSmoothing }),
    ...(config.classWeights !== undefined && { classWeights: classWeightsOf(train.split, config.classWeights) }),
    ...(isMixed && { isMixed }),
  };
  return { spec, soft, hard, prototypes, features };
}

function allFeatures(
  { batchSize }: SetupConfig,
  { backbone, runtime, progress, featureCache }: SetupParts,
  images: Images,
  label: string,
): Promise<FrozenFeatures> {
  const options = { ...runtime, batchSize, progress, label };
  if (featureCache !== undefined) return featureCache(images, options);
  const all = images.split.samples.map((_, i) => i);
  return frozenFeatures(backbone, images, all, options);
}

async function makePrototypes(
  config: SetupConfig,
  parts: SetupParts,
  known: FrozenFeatures | undefined,
): Promise<TensorData> {
  const { prototypeImages: n, seed, shuffle, batchSize } = config;
  const { backbone, train, runtime, progress, featureCache } = parts;
  const label = "prototypes";
  const { samples, classes } = train.split;
  const subset = prototypeSubset({ samples, classes, n, seed, shuffle });
  const chosen = new Set(subset);
  const whole = known ?? (featureCache && (await allFeatures(config, parts, train, label)));
  const features = whole
    ? new Map([...whole].filter(([index]) => chosen.has(index)))
    : await frozenFeatures(backbone, train, subset, { ...runtime, batchSize, progress, label });
  return classPrototypes(features, (index) => samples[index].label, classes.length, backbone.clip.config.jointWidth);
}
