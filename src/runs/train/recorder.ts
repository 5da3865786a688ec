/** Recorder of a run: writes metrics, checkpoints, manifest and report during training, and calls the callbacks. */

import { existsSync } from "node:fs";
import { selectionLabel, selectionSplit } from "../../data/sample.ts";
import {
  type EpochRecord,
  epochsSinceBest,
  type FitListener,
  type FitState,
  isFinished,
  type StepRecord,
} from "../../method/fit.ts";
import { recordedLosses } from "../../method/losses.ts";
import type { OptimiserState } from "../../method/optimiser.ts";
import type { ValidationResult } from "../../method/validator.ts";
import { counted } from "../../platform/counts.ts";
import { isFailure, messageOf } from "../../platform/errors.ts";
import { type CallbackList, type RunEnd, recordedSteps, type StopRequest } from "../callbacks/callbacks.ts";
import { manifestText, readManifest, readRecordedRun } from "../manifest.ts";
import { recordedConfig } from "../optionRoles.ts";
import { type BestEpoch, recordedBest } from "../runFolder.ts";
import { lacksReport, readTestEvaluations, writeRunReport } from "../runReport.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { saveAfterFailure } from "./failure.ts";
import { manifest } from "./manifest.ts";
import type { RunInputs, RunState } from "./openRun.ts";
import { intervalsOf, predictionsOf } from "./validationRecords.ts";

/** Minimum interval between checkpoints within an epoch, milliseconds. */
const saveInterval = 5 * 60 * 1000;
/** Minimum interval between reports during training, milliseconds. */
const reportInterval = 60 * 1000;

/** Dependencies of `RunRecorder`. */
export interface RecordedRun {
  readonly inputs: RunInputs;
  readonly state: Pick<RunState, "folder" | "begin" | "isNew">;
  readonly checkpoints: Checkpoints;
  /** images per micro-batch */
  readonly microBatch: number;
  readonly device: RunDevice;
}

/** What a run computes on; nothing is recorded of the processor. */
export interface RunDevice {
  readonly adapter?: string | undefined;
  /** nodes of the step's graphs by provider, after the first step */
  nodes(): Readonly<Record<string, number>> | undefined;
}

type State = FitState<OptimiserState>;

/** Listener of a training loop that records the run. */
export class RunRecorder implements FitListener<ValidationResult, OptimiserState> {
  readonly #run: RecordedRun;
  readonly #callbacks: CallbackList;
  readonly #started = performance.now();
  readonly #isRecorded: (step: number) => boolean;
  #saved = performance.now();
  #reported = performance.now();
  /** training time before the run was resumed, seconds */
  #before = 0;
  /** ISO 8601, UTC; that of the first start if the run was resumed, absent if its record has none */
  #startedAt: string | undefined = new Date().toISOString();

  constructor(run: RecordedRun, callbacks: CallbackList) {
    this.#run = run;
    this.#callbacks = callbacks;
    this.#isRecorded = recordedSteps(run.inputs.steps);
  }

  /** training time, seconds, including the recorded time before the run was resumed */
  get seconds(): number {
    return this.#before + (performance.now() - this.#started) / 1000;
  }

  /** The scores of a state's best epoch, as they were recorded. */
  bestOf({ best }: State): BestEpoch | undefined {
    return recordedBest(this.#run.state.folder.records, best?.epoch);
  }

  /** Starts recording before the first step. Writes a resume state, so that a run that fails later can be resumed. */
  async begin(): Promise<void> {
    const { inputs, state, checkpoints } = this.#run;
    const { backbone, train, images, steps } = inputs;
    const { folder, begin, isNew } = state;
    if (isNew) await checkpoints.writeResume(begin);
    else if (existsSync(folder.file("manifest"))) {
      const { seconds, startedAt } = await readManifest(folder.file("manifest"));
      this.#before = seconds;
      this.#startedAt = startedAt;
    }
    const done = { stepsDone: begin.step, imagesSeen: begin.epoch * images + begin.images };
    const { classes } = train.split;
    const { name, sha256 } = backbone;
    const config = recordedConfig(inputs.config);
    const start = { out: folder.path, config, backbone: { name, sha256 }, classes, images, steps, ...done };
    await this.#callbacks.tell("onRunStart", start);
  }

  async onStep(record: StepRecord, state: State): Promise<void> {
    const { losses, ...step } = record;
    if (step.skipped || this.#isRecorded(step.step))
      this.#run.state.folder.record({ kind: "step", ...step, ...recordedLosses(losses) });
    await this.#callbacks.tell("onStep", record);
    if (performance.now() - this.#saved > saveInterval) await this.#save(state);
  }

  async onEpoch({ validation, ...record }: EpochRecord<ValidationResult>, state: State): Promise<void> {
    const { folder } = this.#run.state;
    const { config, valid } = this.#run.inputs;
    const { metrics, scores } = validation;
    const { losses, ...epoch } = record;
    const protocol = selectionLabel(selectionSplit(config.paperProtocol));
    const intervals = record.isBest ? intervalsOf(valid.split, scores) : undefined;
    const more = { ...(protocol && { protocol }), validation: metrics, ...(intervals && { intervals }) };
    folder.record({ kind: "epoch", ...epoch, ...recordedLosses(losses), ...more });
    await this.#callbacks.tell("onEpochEnd", { ...record, validation: metrics });
    if (record.isBest) {
      await this.#run.checkpoints.writeBest(state);
      await folder.write("predictions", predictionsOf(valid.split, scores));
      await this.#callbacks.tell("onCheckpoint", { kind: "best", path: folder.file("best"), step: state.step });
    }
    const finished = this.isFinished(state);
    if (record.isBest || finished || state.epoch % config.checkpointEvery === 0) await this.#save(state);
    await this.#describe(state, finished);
  }

  /** Hashes of the tensors of both checkpoints. */
  bits(): ReturnType<Checkpoints["bits"]> {
    return this.#run.checkpoints.bits();
  }

  /**
   * Saves the last state before a failure of the training loop, calls `onRunEnd`, and returns the error to throw, which says what was
   * saved.
   */
  async onFailure(error: unknown, state: State): Promise<unknown> {
    const { checkpoints, state: opened } = this.#run;
    const failed = { ...opened, checkpoints, close: () => this.close(state) };
    const failure = await saveAfterFailure(error, state, failed).catch((worse: unknown) => worse);
    await this.#fail(failure, state);
    return failure;
  }

  /** Does work that starts at a state. Calls `onRunEnd` with that state if it fails. */
  async during<Result>(state: State, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      await this.#fail(error, state);
      throw error;
    }
  }

  /** Calls `onRunEnd` after all files have been written. */
  async end(status: RunEnd["status"], state: State, reason?: string): Promise<void> {
    const { metrics } = this.bestOf(state) ?? {};
    await this.#callbacks.tell("onRunEnd", { status, step: state.step, seconds: this.seconds, metrics, reason });
  }

  /** Whether a state has completed all epochs or steps. */
  isFinished(state: State): boolean {
    const { config, steps } = this.#run.inputs;
    return isFinished(state, { epochs: config.epochs, maxSteps: steps, patience: config.patience });
  }

  /** Why a finished run ended before its last epoch; undefined if it did not. */
  earlyStop(state: State): StopRequest | undefined {
    const { config, steps } = this.#run.inputs;
    const isComplete = isFinished(state, { epochs: config.epochs, maxSteps: steps });
    if (isComplete || !this.isFinished(state)) return undefined;
    return { by: "--patience", reason: `no better validation for ${counted(epochsSinceBest(state), "epoch")}` };
  }

  /** Writes checkpoints, manifest and report of a run that ended early. */
  async close(state: State): Promise<void> {
    await this.#save(state);
    await this.#describe(state, true);
  }

  /** Writes the files missing from a run that was killed after its last step: manifest, hashes of its bits, report. */
  async complete(state: State): Promise<void> {
    const { folder } = this.#run.state;
    const path = folder.file("manifest");
    const recorded = existsSync(path) ? await readRecordedRun(path) : undefined;
    if (!recorded?.manifest.finished) return this.close(state);
    if (recorded.manifest.bits === undefined && recorded.manifest.metrics !== undefined) {
      await folder.write("manifest", manifestText({ ...recorded.record, bits: await this.bits() }));
    }
    if (await lacksReport(folder.path)) await writeRunReport(folder.path);
  }

  #fail(error: unknown, state: State): Promise<void> {
    return this.end(isFailure(error, "INTERRUPTED") ? "interrupted" : "failed", state, messageOf(error));
  }

  /** Writes the metrics, then the checkpoint: a resumed run needs the records up to its state. */
  async #save(state: State): Promise<void> {
    const { folder } = this.#run.state;
    await folder.writeMetrics();
    await this.#run.checkpoints.writeLast(state);
    this.#saved = performance.now();
    await this.#callbacks.tell("onCheckpoint", { kind: "last", path: folder.file("last"), step: state.step });
  }

  /** Writes the manifest and, if requested or due, the report. */
  async #describe(state: State, withReport: boolean): Promise<void> {
    const { inputs, microBatch, checkpoints, device } = this.#run;
    const { folder } = this.#run.state;
    const finished = this.isFinished(state);
    const best = this.bestOf(state);
    // Read again each time, because another process may evaluate a checkpoint of this run on the test split.
    const openings = await readTestEvaluations(folder.file("manifest"));
    const bits = finished && best !== undefined ? await checkpoints.bits() : undefined;
    const stop = finished ? this.earlyStop(state) : this.#callbacks.stop;
    const where = { adapter: device.adapter, nodes: device.nodes() };
    const parts = {
      ...where,
      inputs,
      microBatch,
      state,
      ...best,
      finished,
      startedAt: this.#startedAt,
      seconds: this.seconds,
      openings,
      bits,
      stop,
    };
    await folder.write("manifest", manifestText(manifest(parts)));
    if (!withReport && performance.now() - this.#reported < reportInterval) return;
    await folder.writeMetrics();
    await writeRunReport(folder.path);
    this.#reported = performance.now();
  }
}
