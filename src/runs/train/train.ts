/** `train`: learns prompts on a data set, validates after every epoch, writes a run folder (CONTRACT.md). */

import { type SelectionSplit, selectionLabel, selectionSplit } from "../../data/sample.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { trainingBatches } from "../../method/batches.ts";
import { type FitState, fit, type Steps } from "../../method/fit.ts";
import { schedules } from "../../method/optimiser.ts";
import { runStep, type TrainingBatch } from "../../method/step.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { isFailure, MpaError, messageOf } from "../../platform/errors.ts";
import { requireNetwork } from "../../platform/network.node.ts";
import {
  CallbackList,
  makeCallbacks,
  type RunEnd,
  type StopRequest,
  type TrainerCallback,
} from "../callbacks/callbacks.ts";
import { mlflowCallback } from "../callbacks/mlflow.ts";
import { progressCallback } from "../callbacks/progress.ts";
import { tensorboardCallback } from "../callbacks/tensorboard.ts";
import type { TrainConfig } from "../options.ts";
import { type OpenRun, openRun } from "./openRun.ts";
import { RunRecorder } from "./recorder.ts";

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
  /** which callback ended it before its time, and why; `resume` goes on from there */
  readonly stopped?: StopRequest;
}

export interface TrainContext extends RunContext {
  /** hear of the run, in this order, after those that the options ask for */
  readonly callbacks?: readonly TrainerCallback[];
}

/** Trains. Throws INTERRUPTED after a clean stop by the signal with a checkpoint to go on from, NUMERIC where a value is not finite. */
export async function train(config: TrainConfig, context: TrainContext = {}): Promise<TrainingResult> {
  if (config.mlflow !== undefined) requireNetwork("--mlflow");
  const { notice, progress } = contextOf(context);
  const callbacks = new CallbackList(
    [
      progressCallback(progress),
      ...(config.tensorboard ? [tensorboardCallback()] : []),
      ...(config.mlflow === undefined
        ? []
        : [mlflowCallback(config.mlflow, { experiment: config.mlflowExperiment, notice })]),
      ...makeCallbacks(config, notice),
      ...(context.callbacks ?? []),
    ],
    notice,
  );
  const run = await openRun(config, context);
  const recorder = new RunRecorder(run, callbacks);
  const end = (status: RunEnd["status"], step: number, reason?: string) =>
    callbacks.tell("onRunEnd", { status, step, seconds: recorder.seconds, metrics: recorder.best?.metrics, reason });
  try {
    const result = await runToEnd(run, recorder, callbacks, context);
    const { stopped, steps } = result;
    await end(stopped === undefined ? "finished" : "stopped", steps, stopped?.reason);
    return result;
  } catch (error) {
    const isStop = isFailure(error, "INTERRUPTED");
    await end(isStop ? "interrupted" : "failed", recorder.step, messageOf(error));
    throw error;
  } finally {
    await run.dispose();
  }
}

async function runToEnd(
  run: OpenRun,
  recorder: RunRecorder,
  callbacks: CallbackList,
  { signal }: RunContext,
): Promise<TrainingResult> {
  const { config, training, setup, folder, sharing } = run;
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
      signal: signal ? AbortSignal.any([signal, callbacks.signal]) : callbacks.signal,
      onStep: (record, state) => recorder.onStep(record, state),
      onEpoch: (record, state) => recorder.onEpoch(record, state),
    });
  const own: Steps<TrainingBatch> = {
    batches: (epoch, from) => trainingBatches(run.train, config, setup.features?.train, epoch, from),
    step: (prompts, batch) => runStep(training.sessions, prompts, batch, training.stepOptions),
  };
  const final = await (sharing ? learn(sharing.steps) : learn(own)).catch(async (error) => {
    throw isFailure(error, "NUMERIC") ? await recorder.stopAt(error) : error;
  });
  if (final === run.begin && recorder.isFinished(final)) await recorder.complete(final);
  const isCut = !recorder.isFinished(final);
  if (isCut) await recorder.close(final);
  if (isCut && callbacks.stop === undefined) {
    const what = `stopped after step ${final.step} of ${run.steps}`;
    throw new MpaError("INTERRUPTED", what, { where: folder.path, fix: "go on with --resume" });
  }
  const selection = selectionSplit(config.paperProtocol);
  const { best, seconds } = recorder;
  const protocol = selectionLabel(selection);
  const past = run.replayed?.bits;
  const sameBits = isCut ? undefined : past && JSON.stringify(await recorder.bits()) === JSON.stringify(past);
  return {
    ...{ out: folder.path, ...best, best: final.best, selection, protocol, steps: final.step, seconds },
    ...(sameBits !== undefined && { sameBits }),
    ...(sharing && { parts: sharing.counts() }),
    ...(isCut && { stopped: callbacks.stop }),
  };
}
