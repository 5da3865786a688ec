/** What a model adds to its backbone: trained prompts, or the hard prompts alone (zero-shot). */
import type { Subject } from "../explanation/subject.ts";
import type { Backbone } from "../model/backbone.ts";
import type { Descriptions, HardPromptConfiguration } from "../model/hardPrompts.ts";
import type { Checkpoint } from "../trainer/checkpoint.ts";
import { encodeHardPrompts, type RuntimeOptions } from "./classifier.ts";
import { prepareHardPrompts } from "./texts.ts";

/** θ and visual prompts of a checkpoint of this backbone. */
export function checkpointSubject({ clip, preprocess }: Backbone, checkpoint: Checkpoint): Subject {
  const { theta, prompts, classes, config } = checkpoint;
  return { clip, preprocess, classes, theta, visionPrompts: prompts["vision.prompts"], localTopK: config.localTopK };
}

export interface ZeroShot {
  readonly classes: readonly string[];
  readonly hardPrompt: HardPromptConfiguration;
  readonly descriptions: Descriptions;
}

/** θ(t*) of the hard prompts. Throws CONFIG where a description is missing. */
export async function zeroShotSubject(
  backbone: Backbone,
  { classes, hardPrompt, descriptions }: ZeroShot,
  runtime: RuntimeOptions,
): Promise<Subject> {
  const { tokens } = prepareHardPrompts(backbone, classes, hardPrompt, descriptions);
  const { prompt } = await encodeHardPrompts(backbone, tokens, runtime);
  return { clip: backbone.clip, preprocess: backbone.preprocess, classes, theta: prompt, localTopK: 0 };
}
