/** Teaches a backbone a few faces of each class with the whole method: the loop of `train`, without files. */

import type { Backbone } from "../clip/backbone.ts";
import type { Images } from "../data/batches.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { contextOf, type RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { trainingBatches } from "./batches.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import type { RuntimeOptions } from "./classifier.ts";
import { type EpochRecord, type FitState, fit, initialState, type StepRecord } from "./fit.ts";
import { defaultDescriptions } from "./hardPrompts.ts";
import {
  checkFewShotSet,
  type FewShotSet,
  facesAsImages,
  holdOutFaces,
  type TeachConfig,
  teachConfig,
} from "./lesson.ts";
import { schedules, sgd } from "./optimiser.ts";
import { initialPrompts, type Prompts } from "./prompts.ts";
import { prepareTraining, type TrainingSetup } from "./setup.ts";
import { runStep } from "./step.ts";
import { openTrainingSession, type TrainingSession } from "./trainingSession.ts";
import { openValidator, type Validator } from "./validator.ts";

/* Opens everything that teaching works with: faces to learn from and set aside, texts, sessions, the first prompts. */

export interface FewShotTrainingOptions {
  readonly runtime: RuntimeOptions;
  /** passes over the faces */
  readonly epochs?: number;
  /** upper bound in bytes that micro-batches keep to */
  readonly memory?: number;
}

export interface FewShotTraining {
  readonly config: TeachConfig;
  readonly setup: TrainingSetup;
  readonly train: Images;
  readonly training: TrainingSession;
  readonly validator: Validator;
  readonly initial: Prompts;
  /** faces to learn from, and those set aside */
  readonly counts: { readonly trained: number; readonly heldOut: number };
  /** in all */
  readonly steps: number;
  dispose(): Promise<void>;
}

const defaultMemory = 2 ** 30;

export async function openFewShotTraining(
  backbone: Backbone,
  lesson: FewShotSet,
  { runtime, epochs, memory = defaultMemory }: FewShotTrainingOptions,
  context: RunContext,
): Promise<FewShotTraining> {
  const { signal, progress } = contextOf(context);
  const { classes, faces, seed } = lesson;
  const config = teachConfig(classes, seed, defaultDescriptions, { epochs });
  const aside = holdOutFaces(lesson);
  const part = (name: "train" | "valid") => {
    const own = faces.filter((_, i) => aside.has(i) === (name === "valid"));
    return facesAsImages(name, classes, own, { preprocess: backbone.preprocess, signal });
  };
  const [train, valid] = [part("train"), part("valid")];
  const parts = { backbone, train, valid, descriptions: defaultDescriptions, runtime, progress };
  const setup = await prepareTraining(config, parts);
  const initial = initialPrompts(setup.spec.shapes, seed);
  const trained = train.split.samples.length;
  const batchSize = Math.min(config.batchSize, trained);
  const training = await openTrainingSession(backbone, setup.spec, { ...runtime, batchSize, memory });
  const validator = await openValidator({ ...parts, setup, initial, batchSize: aside.size });
  return {
    ...{ config, setup, train, training, validator, initial },
    counts: { trained, heldOut: aside.size },
    steps: config.epochs * Math.ceil(trained / batchSize),
    dispose: async () => {
      await training.dispose();
      await validator.dispose();
    },
  };
}

/** How long to teach, on what, and who hears of it. */
export interface TeachOptions extends FewShotTrainingOptions {
  /** After each step. */
  onStep?(record: StepRecord & { readonly steps: number }): void;
  /** After each pass over the faces, scored on those set aside. */
  onEpoch?(record: EpochRecord & { readonly epochs: number }): void;
}

/** Prompts that were taught, and what they are worth on the faces set aside. */
export interface FewShotResult {
  /**
   * As `last.safetensors` of a run: of the last epoch that was done. So few faces are set aside that the epoch that does best
   * on them is found by chance.
   */
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  /** of that epoch, on the faces set aside */
  readonly metrics: Metrics;
  /** from 0 */
  readonly epoch: number;
  readonly steps: number;
  /** faces that were learnt from */
  readonly trained: number;
  /** faces that were not */
  readonly heldOut: number;
  /** stopped before the last epoch */
  readonly stopped: boolean;
}

/**
 * Trains and gives the last epoch's prompts. The signal stops after the step in work; what the epochs before came to
 * is kept. Throws DATASET for a lesson that cannot be taught, INTERRUPTED if no epoch was done, NUMERIC, MEMORY.
 */
export async function teach(
  backbone: Backbone,
  lesson: FewShotSet,
  options: TeachOptions,
  context: RunContext = {},
): Promise<FewShotResult> {
  checkFewShotSet(lesson);
  const open = await openFewShotTraining(backbone, lesson, options, context);
  try {
    const { last, final } = await learn(open, options, context.signal);
    if (last === undefined) throw new MpaError("INTERRUPTED", "stopped before the first pass was done");
    const { config, counts, setup, validator } = open;
    const checkpoint = encodeCheckpoint({
      prompts: last.prompts,
      prototypes: setup.prototypes,
      theta: await validator.encoder.encode(last.prompts["text.context"]),
      classes: lesson.classes,
      config: { ...config, tau: setup.spec.tau },
      backbone: { name: backbone.name, sha256: backbone.sha256 },
    });
    const { metrics, epoch } = last;
    return { checkpoint, metrics, epoch, steps: final.step, ...counts, stopped: final.epoch < config.epochs };
  } finally {
    await open.dispose();
  }
}

interface Learnt {
  readonly final: FitState;
  readonly last?: { readonly prompts: Prompts; readonly metrics: Metrics; readonly epoch: number };
}

async function learn(open: FewShotTraining, { onStep, onEpoch }: TeachOptions, signal?: AbortSignal): Promise<Learnt> {
  const { config, steps, train, training, validator } = open;
  const optimiser = sgd(config);
  const found: { current?: Metrics; last?: Learnt["last"] } = {};
  const final = await fit(initialState(open.initial, optimiser), {
    batches: (epoch, from) => trainingBatches(train, config, undefined, epoch, from),
    step: (prompts, batch) => runStep(training.sessions, prompts, batch, training.stepOptions),
    validate: async (prompts) => {
      found.current = (await validator.validate(prompts))?.metrics;
      return found.current;
    },
    optimiser,
    schedule: schedules[config.schedule](config.lr, steps),
    epochs: config.epochs,
    maxSteps: steps,
    signal,
    onStep: (record) => onStep?.({ ...record, steps }),
    onEpoch: (record, { prompts }) => {
      const { current: metrics } = found;
      if (metrics !== undefined) found.last = { prompts, metrics, epoch: record.epoch };
      onEpoch?.({ ...record, epochs: config.epochs });
    },
  });
  return { final, last: found.last };
}
