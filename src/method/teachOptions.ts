/** Settings of a training on a few faces: the whole method with the paper's, from the defaults of `train`'s options. */

import { z } from "zod";
import { type Descriptions, haveDescriptions } from "./hardPrompts.ts";
import type { ScheduleName } from "./optimiser.ts";
import { batchOptions, learningOptions, lossOptions, promptOptions } from "./options.ts";
import type { SetupConfig } from "./setup.ts";
import { resolveParts } from "./variants.ts";

/** Few faces are seen often: 40 passes over 24 faces are 40 steps. */
const defaultEpochs = 40;

export interface TeachConfig extends SetupConfig {
  readonly epochs: number;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: ScheduleName;
  readonly sampler: "uniform";
}

const { hardPrompt: _hardPrompt, descriptions: _descriptions, ...prompts } = promptOptions;
const schema = z.object({ ...prompts, ...lossOptions, ...batchOptions, ...learningOptions });

/** Hard prompts have descriptions where every class has one. */
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
