/** A frozen CLIP with trained prompts, or with the hard prompts only (zero-shot). */

import type { Backbone } from "../clip/backbone.ts";
import type { Clip } from "../clip/clip.ts";
import type { ClipPreprocess } from "../clip/preprocess.ts";
import type { TensorData } from "../graph/tensor.ts";
import { type Checkpoint, type Inference, plainInference } from "./checkpoint.ts";
import { encodeHardPrompts, type RuntimeOptions } from "./classifier.ts";
import type { Descriptions, HardPromptConfiguration } from "./hardPrompts.ts";
import { prepareHardPrompts } from "./prompts.ts";

/** A frozen CLIP with text features and visual prompts; with pixels they determine the logits. */
export interface PromptedModel {
  /** @internal */
  readonly clip: Clip;
  /** @internal */
  readonly preprocess: ClipPreprocess;
  /** class names in logit order */
  readonly classes: readonly string[];
  /** θ: [C, E], normalised */
  readonly theta: TensorData;
  /** p: [K, P, V]; absent without visual prompts */
  readonly visionPrompts?: TensorData;
  /** k of Eq. 9; 0: logits from the global feature only */
  readonly topK: number;
  /** @internal default `plainInference` */
  readonly inference?: Inference;
}

/** @internal Creates a model from a checkpoint of this backbone. */
export function modelFromCheckpoint({ clip, preprocess }: Backbone, checkpoint: Checkpoint): PromptedModel {
  const { theta, prompts, classes, config, inference = plainInference } = checkpoint;
  const visionPrompts = prompts["vision.prompts"];
  return { clip, preprocess, classes, theta, visionPrompts, topK: config.topK, inference };
}

/** Settings of zero-shot classification. */
export interface ZeroShot {
  readonly classes: readonly string[];
  readonly hardPrompt: HardPromptConfiguration;
  readonly descriptions: Descriptions;
  /** replaces the template of `hardPrompt` */
  readonly template?: string | undefined;
}

/** Creates a zero-shot model, whose θ are those of the hard prompts. Throws CONFIG if a class description is missing. */
export async function zeroShotModel(
  backbone: Backbone,
  { classes, hardPrompt, descriptions, template }: ZeroShot,
  runtime: RuntimeOptions,
): Promise<PromptedModel> {
  const { tokens } = prepareHardPrompts(backbone, classes, hardPrompt, descriptions, template);
  const { prompt } = await encodeHardPrompts(backbone, tokens, runtime);
  return { clip: backbone.clip, preprocess: backbone.preprocess, classes, theta: prompt, topK: 0 };
}
