/** Training steps computed in this process, as opposed to those shared with other machines. */

import type { Images } from "../data/batches.ts";
import { type BatchOptions, trainingBatches } from "./batches.ts";
import type { FrozenFeatures } from "./prototypes.ts";
import { runStep, type StepOptions, type StepSessions, type Steps, type TrainingBatch } from "./step.ts";

/** Open sessions of a step, and its options. */
export interface LocalStep {
  readonly sessions: StepSessions;
  readonly stepOptions: StepOptions;
}

/** The steps of a training on these images. `features`, if given, replace the pixels. */
export const localSteps = (
  { sessions, stepOptions }: LocalStep,
  train: Images,
  features: FrozenFeatures | undefined,
  options: BatchOptions,
): Steps<TrainingBatch> => ({
  batches: (epoch, from) => {
    const form = stepOptions.imageInput === "global" ? undefined : stepOptions.imageInput;
    return trainingBatches(train, { ...options, form }, features, epoch, from);
  },
  step: (prompts, batch, lossScale = stepOptions.lossScale) =>
    runStep(sessions, prompts, batch, { ...stepOptions, lossScale }),
});
