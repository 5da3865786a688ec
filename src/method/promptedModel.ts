/** A frozen CLIP with prompts, from which logits, gradients and explanations are built: trained prompts, or the hard prompts alone (zero-shot). */

import type { Backbone } from "../clip/backbone.ts";
import type { Clip } from "../clip/clip.ts";
import type { ClipPreprocess } from "../clip/preprocess.ts";
import type { TensorData } from "../graph/tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { encodeHardPrompts, type RuntimeOptions } from "./classifier.ts";
import type { Descriptions, HardPromptConfiguration } from "./hardPrompts.ts";
import { prepareHardPrompts } from "./prompts.ts";

/** A frozen CLIP and what one model adds to it: its logits are functions of these and the pixels. */
export interface PromptedModel {
  /** @internal */
  readonly clip: Clip;
  /** @internal */
  readonly preprocess: ClipPreprocess;
  /** in the order of the logits */
  readonly classes: readonly string[];
  /** θ: [C, E], normalised */
  readonly theta: TensorData;
  /** p: [K, P, V]; absent where the model has none */
  readonly visionPrompts?: TensorData;
  /** k of Eq. 9; 0: the logits are of the global feature alone */
  readonly topK: number;
}

/** A model with the θ and visual prompts of a checkpoint of this backbone. */
export function modelFromCheckpoint({ clip, preprocess }: Backbone, checkpoint: Checkpoint): PromptedModel {
  const { theta, prompts, classes, config } = checkpoint;
  return { clip, preprocess, classes, theta, visionPrompts: prompts["vision.prompts"], topK: config.topK };
}

/** What the hard prompts are made of. */
export interface ZeroShot {
  readonly classes: readonly string[];
  readonly hardPrompt: HardPromptConfiguration;
  readonly descriptions: Descriptions;
}

/** A model with the θ(t*) of the hard prompts. Throws CONFIG where a description is missing. */
export async function zeroShotModel(
  backbone: Backbone,
  { classes, hardPrompt, descriptions }: ZeroShot,
  runtime: RuntimeOptions,
): Promise<PromptedModel> {
  const { tokens } = prepareHardPrompts(backbone, classes, hardPrompt, descriptions);
  const { prompt } = await encodeHardPrompts(backbone, tokens, runtime);
  return { clip: backbone.clip, preprocess: backbone.preprocess, classes, theta: prompt, topK: 0 };
}
