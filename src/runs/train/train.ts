/** `train`: trains prompts on a data set, validates after every epoch, and writes a run folder. */
import type { BackboneContext } from "../../clip/backbone.node.ts";
import { type SelectionSplit, selectionLabel, selectionSplit } from "../../data/sample.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { type BestValidation, type FitResult, type FitState, fit } from "../../method/fit.ts";
import { averagingOf, configuredSchedule } from "../../method/learning.ts";
import { localSteps } from "../../method/localSteps.ts";
import type { OptimiserState } from "../../method/optimiser.ts";
import type { ValidationResult } from "../../method/validator.ts";
import { contextOf } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { requireNetwork } from "../../platform/network.node.ts";
import { CallbackList, makeCallbacks, type StopRequest, type TrainerCallback } from "../callbacks/callbacks.ts";
import { mlflowCallback } from "../callbacks/mlflow.ts";
import { progressCallback } from "../callbacks/progress.ts";
import { tensorboardCallback } from "../callbacks/tensorboard.ts";
import type { TrainConfig } from "../options.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { EstimateListener } from "./estimate.ts";
import { type OpenRun, openRun } from "./openRun.ts";
import { RunRecorder } from "./recorder.ts";

/** Result of a training. */
export interface TrainingResult {
  /** the run folder */
  readonly out: string;
  /** metrics of the best epoch on the split used for model selection */
  readonly metrics?: Metrics;
  readonly selection: SelectionSplit;
  /** caveat of the paper's protocol: epochs were selected on the test split */
  readonly protocol?: string;
  /** 95 % confidence intervals of accuracy and UAR */
  readonly intervals?: HeadlineIntervals;
  readonly best?: BestValidation;
  readonly steps: number;
  readonly seconds: number;
  /** with --replay: whether the result is bit-identical; absent if the manifest has no hashes */
  readonly sameBits?: boolean;
  /** in a distributed training: numbers of micro-batches that workers computed, and that were published again */
  readonly parts?: { readonly helped: number; readonly repeated: number };
  /** callback that stopped the run early, and its reason; `resume` continues the run */
  readonly stopped?: StopRequest;
  /** why the run ended before its last epoch (`patience`) */
  readonly endedEarly?: string;
}

/** Context of a training. */
export interface TrainContext extends BackboneContext {
  /** callbacks, called in order after those requested by options */
  readonly callbacks?: readonly TrainerCallback[];
}

/**
 * Trains prompts; `onEstimate` receives what that will take before it starts. Throws INTERRUPTED, with a checkpoint to resume from, if the
 * signal aborts, NUMERIC for a non-finite value, RUNTIME for a provider that fails, such as a graphics device that is lost, and MEMORY
 * where its memory is too small.
 */
export async function train(
  config: TrainConfig,
  context: TrainContext = {},
  onEstimate?: EstimateListener,
): Promise<TrainingResult> {
  if (config.mlflow !== undefined) requireNetwork("--mlflow");
  const callbacks = openCallbacks(config, context);
  const run = await openRun(config, context, onEstimate);
  const recorder = openRecorder(run, callbacks);
  const signal = context.signal ? AbortSignal.any([context.signal, callbacks.signal]) : callbacks.signal;
  try {
    const loop = await recorder.during(run.state.begin, async () => {
      await recorder.begin();
      return trainingLoop(run, recorder, signal);
    });
    const { state: final } = await loop();
    return await recorder.during(final, async () => {
      const result = await finish(run, recorder, final, callbacks);
      await recorder.end(result.stopped === undefined ? "finished" : "stopped", final, result.stopped?.reason);
      return result;
    });
  } finally {
    await run.dispose();
  }
}

/** The training loop with local or distributed steps. It throws NUMERIC, RUNTIME and MEMORY with what was saved. */
function trainingLoop(
  run: OpenRun,
  recorder: RunRecorder,
  signal: AbortSignal,
): () => Promise<FitResult<ValidationResult, OptimiserState>> {
  const { config, train, setup, steps: maxSteps, stepsPerEpoch } = run.inputs;
  const { training, validator, sharing } = run.sessions;
  const { begin, optimiser } = run.state;
  const schedule = configuredSchedule(config, { steps: maxSteps, stepsPerEpoch });
  const { epochs, patience } = config;
  const learning = { optimiser, schedule, averaging: averagingOf(config) };
  const parts = { ...learning, validator, listener: recorder, epochs, maxSteps, patience, signal };
  if (sharing) return () => fit(begin, { steps: sharing.steps, ...parts });
  const steps = localSteps(training, train, setup.features?.train, config);
  return () => fit(begin, { steps, ...parts });
}

/** Completes the run's files and returns its result. Throws INTERRUPTED if the run ended early and no callback stopped it. */
async function finish(
  { inputs, state, sessions: { sharing } }: OpenRun,
  recorder: RunRecorder,
  final: FitState<OptimiserState>,
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
  const endedEarly = recorder.earlyStop(final)?.reason;
  const sameBits = isCut ? undefined : past && JSON.stringify(await recorder.bits()) === JSON.stringify(past);
  return {
    ...{ out: folder.path, ...recorder.bestOf(final), best: final.best, selection, protocol },
    ...{ steps: final.step, seconds: recorder.seconds },
    ...(sameBits !== undefined && { sameBits }),
    ...(sharing && { parts: sharing.counts() }),
    ...(isCut && { stopped }),
    ...(endedEarly !== undefined && { endedEarly }),
  };
}

function openRecorder({ inputs, state, sessions: { training, validator, adapter } }: OpenRun, callbacks: CallbackList) {
  const { folder, fingerprint } = state;
  const { microBatch } = training.stepOptions;
  const checkpoints = new Checkpoints({ inputs, folder, validator, resumeKey: { fingerprint, microBatch } });
  const device = { adapter, nodes: () => training.nodes() };
  return new RunRecorder({ inputs, state, checkpoints, microBatch, device }, callbacks);
}

/** Callbacks requested by options, then those of plugins, then the caller's. */
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
