/** Few-shot training settings: the full method with the default options of `train`, which are the paper's. */

import { z } from "zod";
import { type Descriptions, haveDescriptions } from "./hardPrompts.ts";
import type { LearningConfig } from "./learning.ts";
import { batchOptions, learningOptions } from "./learningOptions.ts";
import { classificationLossOptions, lossOptions, promptOptions } from "./options.ts";
import type { SetupConfig } from "./setup.ts";
import { resolveParts } from "./variants.ts";

/** Many epochs, since an epoch of a few faces is only a step or two. */
const defaultEpochs = 40;

/** Configuration of few-shot training. */
export interface TeachConfig extends SetupConfig, LearningConfig {
  readonly epochs: number;
  readonly sampler: "uniform";
}

const { hardPrompt: _hardPrompt, descriptions: _descriptions, template: _template, ...prompts } = promptOptions;
const schema = z.object({
  ...prompts,
  ...lossOptions,
  ...classificationLossOptions,
  ...batchOptions,
  ...learningOptions,
});

/** The configuration for the given classes. Hard prompts include descriptions if every class has one. */
export function teachConfig(
  classes: readonly string[],
  seed: number,
  descriptions: Descriptions,
  given: { readonly epochs?: number } = {},
): TeachConfig {
  const options = schema.parse({});
  return {
    ...options,
    ...resolveParts(options),
    epochs: given.epochs ?? defaultEpochs,
    hardPrompt: haveDescriptions(classes, descriptions) ? 3 : 2,
    seed,
    augment: "paper",
    shuffle: true,
    sampler: "uniform",
  };
}
