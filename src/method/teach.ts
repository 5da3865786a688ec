/** Few-shot training in memory: the training loop of `train`, without files. */

import type { Backbone } from "../clip/backbone.ts";
import type { Images } from "../data/batches.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { contextOf, type RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import type { RuntimeOptions } from "./classifier.ts";
import { checkFewShotSet, type FewShotSet, facesAsImages, holdOutFaces } from "./fewShotSet.ts";
import { type EpochRecord, type FitListener, fit, initialState, type StepRecord } from "./fit.ts";
import { defaultDescriptions } from "./hardPrompts.ts";
import { configuredSchedule, optimiserOf } from "./learning.ts";
import { localSteps } from "./localSteps.ts";
import { lossScaleOf } from "./lossScale.ts";
import type { OptimiserState } from "./optimiser.ts";
import { initialPrompts, type Prompts } from "./prompts.ts";
import { prepareTraining, type TrainingSetup } from "./setup.ts";
import { type TeachConfig, teachConfig } from "./teachOptions.ts";
import { encodeTrained } from "./trainedCheckpoint.ts";
import { openTrainingSession, type TrainingSession } from "./trainingSession.ts";
import { openValidator, type ValidationResult, type Validator } from "./validator.ts";

/** Options of few-shot training. */
export interface TeachOptions {
  readonly runtime: RuntimeOptions;
  /** passes over the training faces */
  readonly epochs?: number;
  /** memory limit for micro-batches in bytes; default 1 GiB */
  readonly memory?: number;
  /** Called after each step. */
  onStep?(record: StepRecord & { readonly steps: number }): void;
  /** Called after each epoch with the metrics on the held-out faces. */
  onEpoch?(record: EpochRecord<Metrics> & { readonly epochs: number }): void;
}

/** Trained prompts with their metrics on the held-out faces. */
export interface FewShotResult {
  /**
   * A checkpoint file of the last completed epoch. The best epoch is not selected, because with so few held-out faces that
   * choice would be mostly noise.
   */
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  /** metrics of that epoch on the held-out faces */
  readonly metrics: Metrics;
  /** that epoch, from 0 */
  readonly epoch: number;
  readonly steps: number;
  /** number of training faces */
  readonly trained: number;
  /** number of held-out faces */
  readonly heldOut: number;
  /** whether training was stopped before the last epoch */
  readonly stopped: boolean;
}

/**
 * Trains prompts on a few faces per class. On abort it stops after the current step and returns the last completed epoch.
 * Throws DATASET for an invalid set, INTERRUPTED if no epoch was completed, NUMERIC, MEMORY.
 */
export async function teach(
  backbone: Backbone,
  fewShots: FewShotSet,
  options: TeachOptions,
  context: RunContext = {},
): Promise<FewShotResult> {
  checkFewShotSet(fewShots);
  const open = await openTeaching(backbone, fewShots, options, context);
  try {
    const { config, setup, train, training, validator, counts, steps } = open;
    const optimiser = optimiserOf(config);
    const listener: FitListener<ValidationResult, OptimiserState> = {
      onStep: (record) => options.onStep?.({ ...record, steps }),
      onEpoch: ({ validation: { metrics }, ...record }) =>
        options.onEpoch?.({ ...record, validation: metrics, epochs: config.epochs }),
    };
    const { state, last } = await fit(initialState(open.initial, optimiser, lossScaleOf(backbone.clip)), {
      ...{ optimiser, validator, listener },
      steps: localSteps(training, train, undefined, config),
      schedule: configuredSchedule(config, { steps, stepsPerEpoch: steps / config.epochs }),
      epochs: config.epochs,
      maxSteps: steps,
      signal: context.signal,
    });
    if (last === undefined) throw new MpaError("INTERRUPTED", "stopped before the first pass was done");
    const { prompts } = last;
    const { epoch, validation } = last.record;
    const parts = { backbone, classes: fewShots.classes, setup, config };
    const checkpoint = await encodeTrained(prompts, validator, parts);
    const stopped = state.epoch < config.epochs;
    return { checkpoint, metrics: validation.metrics, epoch, steps: state.step, ...counts, stopped };
  } finally {
    await open.dispose();
  }
}

interface Teaching {
  readonly config: TeachConfig;
  readonly setup: TrainingSetup;
  readonly train: Images;
  readonly training: TrainingSession;
  readonly validator: Validator;
  readonly initial: Prompts;
  /** numbers of training and held-out faces */
  readonly counts: Pick<FewShotResult, "trained" | "heldOut">;
  /** total steps */
  readonly steps: number;
  dispose(): Promise<void>;
}

const defaultMemory = 2 ** 30;

async function openTeaching(
  backbone: Backbone,
  fewShots: FewShotSet,
  { runtime, epochs, memory = defaultMemory }: TeachOptions,
  context: RunContext,
): Promise<Teaching> {
  const { signal, progress } = contextOf(context);
  const { classes, faces, seed } = fewShots;
  const config = teachConfig(classes, seed, defaultDescriptions, { epochs });
  const heldOut = holdOutFaces(fewShots);
  const splitOf = (name: "train" | "valid") => {
    const own = faces.filter((_, i) => heldOut.has(i) === (name === "valid"));
    return facesAsImages(name, classes, own, { preprocess: backbone.preprocess, signal });
  };
  const [train, valid] = [splitOf("train"), splitOf("valid")];
  const parts = { backbone, train, valid, descriptions: defaultDescriptions, runtime, progress };
  const setup = await prepareTraining(config, parts);
  const initial = initialPrompts(setup.spec.shapes, seed);
  const trained = train.split.samples.length;
  const batchSize = Math.min(config.batchSize, trained);
  const training = await openTrainingSession(backbone, setup.spec, { ...runtime, batchSize, memory });
  const validator = await openValidator({ ...parts, setup, initial, batchSize: heldOut.size });
  return {
    ...{ config, setup, train, training, validator, initial },
    counts: { trained, heldOut: heldOut.size },
    steps: config.epochs * Math.ceil(trained / batchSize),
    dispose: async () => {
      await training.dispose();
      await validator.dispose();
    },
  };
}
