/** `train`: learns prompts on a data set, validates after every epoch, and writes a run folder. */

import { type SelectionSplit, selectionLabel, selectionSplit } from "../../data/sample.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { type FitState, fit, type Progress, type Steps } from "../../method/fit.ts";
import { type SgdState, schedules } from "../../method/optimiser.ts";
import { localSteps } from "../../method/trainingSession.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { isFailure, MpaError, messageOf } from "../../platform/errors.ts";
import { requireNetwork } from "../../platform/network.node.ts";
import { CallbackList, makeCallbacks, type StopRequest, type TrainerCallback } from "../callbacks/callbacks.ts";
import { mlflowCallback } from "../callbacks/mlflow.ts";
import { progressCallback } from "../callbacks/progress.ts";
import { tensorboardCallback } from "../callbacks/tensorboard.ts";
import type { TrainConfig } from "../options.ts";
import { Checkpoints } from "./checkpoints.ts";
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
  /** 95 % intervals of its accuracy and UAR */
  readonly intervals?: HeadlineIntervals;
  readonly best?: Progress["best"];
  readonly steps: number;
  readonly seconds: number;
  /** with --replay: whether the bits are those of the run that was repeated; absent where its manifest has no hashes */
  readonly sameBits?: boolean;
  /** of steps that were shared: micro-batches that others computed, and those that had to be given away again */
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
  const callbacks = openCallbacks(config, context);
  const run = await openRun(config, context);
  const recorder = openRecorder(run, callbacks);
  const signal = context.signal ? AbortSignal.any([context.signal, callbacks.signal]) : callbacks.signal;
  try {
    await recorder.begin();
    const final = await learn(run, recorder, signal);
    const result = await finish(run, recorder, final, callbacks);
    await recorder.end(result.stopped === undefined ? "finished" : "stopped", result.stopped?.reason);
    return result;
  } catch (error) {
    await recorder.end(isFailure(error, "INTERRUPTED") ? "interrupted" : "failed", messageOf(error));
    throw error;
  } finally {
    await run.dispose();
  }
}

/** Runs the loop with steps of this process, or with those that others share. Throws NUMERIC, and says what is left. */
async function learn(run: OpenRun, recorder: RunRecorder, signal: AbortSignal): Promise<FitState<SgdState>> {
  const { config, train, setup, steps: maxSteps } = run.inputs;
  const { training, validator, sharing } = run.sessions;
  const { begin, optimiser } = run.state;
  const schedule = schedules[config.schedule](config.lr, maxSteps);
  const loop = { optimiser, schedule, validator, listener: recorder, epochs: config.epochs, maxSteps, signal };
  const goOn = <Batch extends object>(steps: Steps<Batch>) => fit(begin, { steps, ...loop });
  try {
    return await (sharing ? goOn(sharing.steps) : goOn(localSteps(training, train, setup.features?.train, config)));
  } catch (error) {
    throw isFailure(error, "NUMERIC") ? await recorder.stopAt(error) : error;
  }
}

/** Closes the records of a run that was cut short, and sums it up. Throws INTERRUPTED where no callback stopped it. */
async function finish(
  { inputs, state, sessions: { sharing } }: OpenRun,
  recorder: RunRecorder,
  final: FitState<SgdState>,
  callbacks: Pick<CallbackList, "stop">,
): Promise<TrainingResult> {
  const { folder, begin, replayed } = state;
  if (final === begin && recorder.isFinished(final)) await recorder.complete(final);
  const isCut = !recorder.isFinished(final);
  if (isCut) await recorder.close(final);
  const { stop: stopped } = callbacks;
  if (isCut && stopped === undefined) {
    const what = `stopped after step ${final.step} of ${inputs.steps}`;
    throw new MpaError("INTERRUPTED", what, { where: folder.path, fix: "go on with --resume" });
  }
  const selection = selectionSplit(inputs.config.paperProtocol);
  const protocol = selectionLabel(selection);
  const past = replayed?.bits;
  const sameBits = isCut ? undefined : past && JSON.stringify(await recorder.bits()) === JSON.stringify(past);
  return {
    ...{ out: folder.path, ...recorder.best, best: final.best, selection, protocol },
    ...{ steps: final.step, seconds: recorder.seconds },
    ...(sameBits !== undefined && { sameBits }),
    ...(sharing && { parts: sharing.counts() }),
    ...(isCut && { stopped }),
  };
}

function openRecorder({ inputs, state, sessions: { training, validator } }: OpenRun, callbacks: CallbackList) {
  const { folder, fingerprint } = state;
  const { microBatch } = training.stepOptions;
  const checkpoints = new Checkpoints({ inputs, folder, validator, resumeKey: { fingerprint, microBatch } });
  return new RunRecorder({ inputs, state, checkpoints, microBatch }, callbacks);
}

/** What the options ask for, then plugins' callbacks, then the caller's. */
function openCallbacks(config: TrainConfig, context: TrainContext): CallbackList {
  const { tensorboard, mlflow, mlflowExperiment: experiment } = config;
  const { notice, progress } = contextOf(context);
  const callbacks = [
    progressCallback(progress),
    ...(tensorboard ? [tensorboardCallback()] : []),
    ...(mlflow === undefined ? [] : [mlflowCallback(mlflow, { experiment, notice })]),
    ...makeCallbacks(config, notice),
    ...(context.callbacks ?? []),
  ];
  return new CallbackList(callbacks, notice);
}
