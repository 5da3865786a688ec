/** `train`: learns prompts on a data set, validates after every epoch, writes a run folder (CONTRACT.md). */
import type { TrainConfig } from "../config.ts";
import { type SelectionSplit, selectionLabel, selectionSplit } from "../data/selectionSplit.ts";
import { MpaError } from "../errors.ts";
import type { HeadlineIntervals } from "../evaluation/intervals.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { type FitState, fit, type Steps } from "../trainer/fit.ts";
import { schedules } from "../trainer/schedule.ts";
import { runStep, type TrainingBatch } from "../trainer/step.ts";
import { type OpenRun, openRun } from "./openRun.ts";
import { RunRecorder } from "./runRecorder.ts";
import { trainingBatches } from "./trainingBatches.ts";

/** What a training came to. */
export interface TrainingResult {
  /** the run folder */
  readonly out: string;
  /** of the best epoch, on the split that it was chosen on */
  readonly metrics?: Metrics;
  readonly selection: SelectionSplit;
  /** what the paper's protocol makes of the figures */
  readonly protocol?: string;
  /** 95 % bootstrap intervals of its accuracy and UAR */
  readonly intervals?: HeadlineIntervals;
  readonly best?: FitState["best"];
  readonly steps: number;
  readonly seconds: number;
  /** with --replay: whether the bits are those of the run that was repeated; absent where its manifest has no hashes */
  readonly sameBits?: boolean;
  /** of steps that were shared: how many others computed, and how many had to be given away again */
  readonly parts?: { readonly helped: number; readonly repeated: number };
}

/** Trains. Throws INTERRUPTED after a clean stop with a checkpoint to go on from, NUMERIC where a value is not finite. */
export async function train(config: TrainConfig, context: RunContext = {}): Promise<TrainingResult> {
  const run = await openRun(config, context);
  try {
    return await runToEnd(run, context);
  } finally {
    await run.dispose();
  }
}

async function runToEnd(run: OpenRun, { progress = silent, signal }: RunContext): Promise<TrainingResult> {
  const { config, training, setup, folder, sharing } = run;
  const total = Math.min(run.steps * config.batchSize, config.epochs * run.size);
  const task = progress.start({ label: "training", total, unit: "images" });
  const recorder = new RunRecorder(run, task);
  await recorder.begin();
  const learn = <Batch>(steps: Steps<Batch>) =>
    fit(run.begin, {
      ...steps,
      validate: async (prompts) => {
        recorder.current = await run.validator.validate(prompts);
        return recorder.current?.metrics;
      },
      optimiser: run.optimiser,
      schedule: schedules[config.schedule](config.lr, run.steps),
      epochs: config.epochs,
      maxSteps: run.steps,
      signal,
      onStep: (record, state) => recorder.onStep(record, state),
      onEpoch: (record, state) => recorder.onEpoch(record, state),
    });
  const own: Steps<TrainingBatch> = {
    batches: (epoch, from) => trainingBatches(run.train, config, setup.features?.train, epoch, from),
    step: (prompts, batch) => runStep(training.sessions, prompts, batch, training.stepOptions),
  };
  const final = await (sharing ? learn(sharing.steps) : learn(own)).catch(async (error) => {
    throw error instanceof MpaError && error.code === "NUMERIC" ? await recorder.stopAt(error) : error;
  });
  task.finish();
  if (final === run.begin && recorder.isFinished(final)) await recorder.complete(final);
  if (!recorder.isFinished(final)) {
    await recorder.close(final);
    throw new MpaError(
      "INTERRUPTED",
      `stopped after step ${final.step} of ${run.steps}`,
      folder.path,
      "go on with --resume",
    );
  }
  const selection = selectionSplit(config.paperProtocol);
  const { best, seconds } = recorder;
  const protocol = selectionLabel(selection);
  const past = run.replayed?.bits;
  const sameBits = past && JSON.stringify(await recorder.bits()) === JSON.stringify(past);
  return {
    ...{ out: folder.path, ...best, best: final.best, selection, protocol, steps: final.step, seconds },
    ...(sameBits !== undefined && { sameBits }),
    ...(sharing && { parts: sharing.counts() }),
  };
}
