/** Teaches a backbone a few faces of each class with the whole method: the loop of `train`, without files. */
import { MpaError } from "../errors.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { trainingBatches } from "../experiment/trainingBatches.ts";
import type { Backbone } from "../model/backbone.ts";
import type { Prompts } from "../model/prompts.ts";
import type { RunContext } from "../runContext.ts";
import { encodeCheckpoint } from "../trainer/checkpoint.ts";
import { type EpochRecord, type FitState, fit, initialState, type StepRecord } from "../trainer/fit.ts";
import { schedules } from "../trainer/schedule.ts";
import { sgd } from "../trainer/sgd.ts";
import { runStep } from "../trainer/step.ts";
import { checkLesson, type Lesson } from "./lesson.ts";
import { type OpenLesson, type OpenLessonOptions, openLesson } from "./openLesson.ts";

/** How long to teach, on what, and who hears of it. */
export interface TeachOptions extends OpenLessonOptions {
  /** After each step. */
  onStep?(record: StepRecord & { readonly steps: number }): void;
  /** After each pass over the faces, scored on those set aside. */
  onEpoch?(record: EpochRecord & { readonly epochs: number }): void;
}

/** Prompts that were taught, and what they are worth on the faces set aside. */
export interface Taught {
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
  readonly setAside: number;
  /** stopped before the last epoch */
  readonly stopped: boolean;
}

/**
 * Trains and gives the last epoch's prompts. The signal stops after the step in work; what the epochs before came to
 * is kept. Throws DATASET for a lesson that cannot be taught, INTERRUPTED if no epoch was done, NUMERIC, MEMORY.
 */
export async function teach(
  backbone: Backbone,
  lesson: Lesson,
  options: TeachOptions,
  context: RunContext = {},
): Promise<Taught> {
  checkLesson(lesson);
  const open = await openLesson(backbone, lesson, options, context);
  try {
    const { last, final } = await learn(open, options, context.signal);
    if (last === undefined) throw new MpaError("INTERRUPTED", "stopped before the first pass was done");
    const { config, counts, setup, validator } = open;
    const checkpoint = encodeCheckpoint({
      prompts: last.prompts,
      prototypes: setup.prototypes,
      theta: await validator.encoder.encode(last.prompts["text.context"]),
      classes: lesson.classes,
      config: { ...config, localTopK: config.topK, tau: setup.spec.tau },
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

async function learn(open: OpenLesson, { onStep, onEpoch }: TeachOptions, signal?: AbortSignal): Promise<Learnt> {
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
