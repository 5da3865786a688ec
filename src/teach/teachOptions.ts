/** How is taught: the options of `train` that make sense for a few faces, with their defaults from the same place. */
import { z } from "zod";
import { batchOptions, learningOptions } from "../config/learningOptions.ts";
import { lossOptions, promptOptions } from "../config/methodOptions.ts";
import { resolveParts } from "../config/variants.ts";
import type { SetupConfig } from "../experiment/trainingSetup.ts";
import { type Descriptions, hardPromptsDescribe } from "../model/hardPrompts.ts";

/** Few faces are seen often: 40 passes over 24 faces are 40 steps. */
export const defaultEpochs = 40;

const { hardPrompt: _hardPrompt, descriptions: _descriptions, ...prompts } = promptOptions;
const schema = z.object({ ...prompts, ...lossOptions, ...batchOptions, ...learningOptions });

export interface TeachConfig extends SetupConfig {
  readonly epochs: number;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: "cosine" | "constant";
  readonly sampler: "uniform";
}

/** The whole method with the paper's settings; hard prompts have descriptions where every class has one. */
export function teachConfig(
  classes: readonly string[],
  seed: number,
  descriptions: Descriptions,
  given: { readonly epochs?: number } = {},
): TeachConfig {
  const options = schema.parse({});
  const { localTopK, ...parts } = resolveParts(options);
  return {
    ...options,
    ...parts,
    topK: localTopK,
    epochs: given.epochs ?? defaultEpochs,
    hardPrompt: hardPromptsDescribe(classes, descriptions) ? 3 : 2,
    seed,
    augment: "paper",
    shuffle: true,
    sampler: "uniform",
  };
}
