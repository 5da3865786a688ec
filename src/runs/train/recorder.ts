/** What a run leaves behind while it goes: records, checkpoints, the manifest and its page; callbacks hear of each. */

import { existsSync } from "node:fs";
import { type Split, selectionLabel, selectionSplit } from "../../data/sample.ts";
import { certainty } from "../../evaluation/certainty.ts";
import { type HeadlineIntervals, headlineIntervals } from "../../evaluation/intervals.ts";
import { predictionsCsv } from "../../evaluation/predictions.ts";
import { type EpochRecord, type FitListener, type FitState, isFinished, type StepRecord } from "../../method/fit.ts";
import { recordedLosses } from "../../method/losses.ts";
import type { SgdState } from "../../method/optimiser.ts";
import type { Scores } from "../../method/scoring.ts";
import type { ValidationResult } from "../../method/validator.ts";
import { MpaError } from "../../platform/errors.ts";
import { type CallbackList, type RunEnd, recordedSteps } from "../callbacks/callbacks.ts";
import { manifestText, readManifest, readRecordedRun } from "../manifest.ts";
import { recordedConfig } from "../optionRoles.ts";
import { type BestEpoch, recordedBest } from "../runFolder.ts";
import { lacksReport, readTestEvaluations, writeRunReport } from "../runReport.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { manifest } from "./manifest.ts";
import type { RunInputs, RunState } from "./openRun.ts";

/** Between two checkpoints inside an epoch, milliseconds. */
const saveInterval = 5 * 60 * 1000;
/** Between two pages of a run that goes on, milliseconds. */
const reportInterval = 60 * 1000;

/** The parts of a run that are recorded. */
export interface RecordedRun {
  readonly inputs: RunInputs;
  readonly state: Pick<RunState, "folder" | "begin" | "isNew">;
  readonly checkpoints: Checkpoints;
  /** images a run of a session takes */
  readonly microBatch: number;
}

type State = FitState<SgdState>;

export class RunRecorder implements FitListener<ValidationResult, SgdState> {
  readonly #run: RecordedRun;
  readonly #callbacks: CallbackList;
  readonly #started = performance.now();
  readonly #isRecorded: (step: number) => boolean;
  #latest: State;
  #saved = performance.now();
  #reported = performance.now();
  #best: BestEpoch | undefined;
  /** seconds of earlier parts of the run */
  #before = 0;

  constructor(run: RecordedRun, callbacks: CallbackList) {
    const { folder, begin } = run.state;
    this.#run = run;
    this.#callbacks = callbacks;
    this.#latest = begin;
    this.#isRecorded = recordedSteps(run.inputs.steps);
    this.#best = recordedBest(folder.records, begin.best?.epoch);
  }

  /** of the whole run: parts before it was stopped count as far as they were recorded */
  get seconds(): number {
    return this.#before + (performance.now() - this.#started) / 1000;
  }

  /** scores of the best epoch so far */
  get best(): BestEpoch | undefined {
    return this.#best;
  }

  /** Before the first step. From then on there is something to go on from, so that nothing half made is in the way of a new try. */
  async begin(): Promise<void> {
    const { inputs, state, checkpoints } = this.#run;
    const { backbone, train, images, steps } = inputs;
    const { folder, begin, isNew } = state;
    if (isNew) await checkpoints.writeResume(begin);
    else if (existsSync(folder.file("manifest"))) this.#before = (await readManifest(folder.file("manifest"))).seconds;
    const done = { stepsDone: begin.step, imagesSeen: begin.epoch * images + begin.images };
    const { classes } = train.split;
    const { name, sha256 } = backbone;
    const config = recordedConfig(inputs.config);
    const start = { out: folder.path, config, backbone: { name, sha256 }, classes, images, steps, ...done };
    await this.#callbacks.tell("onRunStart", start);
  }

  async onStep(record: StepRecord, state: State): Promise<void> {
    const { losses, ...step } = record;
    this.#latest = state;
    if (this.#isRecorded(step.step))
      this.#run.state.folder.record({ kind: "step", ...step, ...recordedLosses(losses) });
    await this.#callbacks.tell("onStep", record);
    if (performance.now() - this.#saved > saveInterval) await this.#save(state);
  }

  async onEpoch({ validation, ...record }: EpochRecord<ValidationResult>, state: State): Promise<void> {
    const { folder } = this.#run.state;
    const { config, valid } = this.#run.inputs;
    const { metrics, scores } = validation;
    const { losses, ...epoch } = record;
    this.#latest = state;
    const protocol = selectionLabel(selectionSplit(config.paperProtocol));
    const intervals = record.isBest ? intervalsOf(valid.split, scores) : undefined;
    const more = { ...(protocol && { protocol }), validation: metrics, ...(intervals && { intervals }) };
    folder.record({ kind: "epoch", ...epoch, ...recordedLosses(losses), ...more });
    await this.#callbacks.tell("onEpochEnd", { ...record, validation: metrics });
    if (record.isBest) {
      this.#best = { metrics, intervals };
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

  /** After all files are written, whatever ended the run. */
  async end(status: RunEnd["status"], reason?: string): Promise<void> {
    const { step } = this.#latest;
    const { seconds } = this;
    await this.#callbacks.tell("onRunEnd", { status, step, seconds, metrics: this.#best?.metrics, reason });
  }

  isFinished(state: State): boolean {
    const { config, steps } = this.#run.inputs;
    return isFinished(state, { epochs: config.epochs, maxSteps: steps });
  }

  /** Leaves all that there is of an interrupted run, to go on from and to look at. */
  async close(state: State): Promise<void> {
    await this.#save(state);
    await this.#describe(state, true);
  }

  /** Writes what a kill or a full disk kept a run from writing after its last step: manifest, hashes of its bits, report. */
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

  /**
   * The error for a value that is not finite: the step, and the checkpoint that is left. That is the state before the
   * step, or what was saved earlier where that state's own features are not finite any more.
   */
  async stopAt(error: MpaError): Promise<MpaError> {
    const { folder, isNew } = this.#run.state;
    const { step } = this.#latest;
    const where = `stopped at step ${step + 1}`;
    const fail = (left: string) => new MpaError(error.code, error.message, { where, fix: left, cause: error });
    if (step === 0) {
      // Nothing was learned: the folder is as free for another try as it was.
      if (isNew) await folder.remove("resume");
      return fail("nothing was learned yet");
    }
    try {
      await this.close(this.#latest);
      return fail(`${folder.file("last")} holds step ${step}`);
    } catch (failure) {
      if (!(failure instanceof MpaError)) throw failure;
      return fail(`${folder.path} is as it was saved last`);
    }
  }

  /** Records first: a resumed run continues those up to its state. */
  async #save(state: State): Promise<void> {
    const { folder } = this.#run.state;
    await folder.writeMetrics();
    await this.#run.checkpoints.writeLast(state);
    this.#saved = performance.now();
    await this.#callbacks.tell("onCheckpoint", { kind: "last", path: folder.file("last"), step: state.step });
  }

  /** The manifest, for programs, and the page that says the same and more, for people. */
  async #describe(state: State, withReport: boolean): Promise<void> {
    const { inputs, microBatch, checkpoints } = this.#run;
    const { folder } = this.#run.state;
    const finished = this.isFinished(state);
    // Read anew each time: the test split may be opened with a checkpoint of a run that still goes on.
    const openings = await readTestEvaluations(folder.file("manifest"));
    const bits = finished && this.#best !== undefined ? await checkpoints.bits() : undefined;
    const stop = finished ? undefined : this.#callbacks.stop;
    const parts = { inputs, microBatch, state, ...this.#best, finished, seconds: this.seconds, openings, bits, stop };
    await folder.write("manifest", manifestText(manifest(parts)));
    if (!withReport && performance.now() - this.#reported < reportInterval) return;
    await folder.writeMetrics();
    await writeRunReport(folder.path);
    this.#reported = performance.now();
  }
}

/** How sure the headline figures of a validation are. */
function intervalsOf({ samples, classes }: Split, { indices, probabilities }: Scores): HeadlineIntervals {
  const labels = indices.map((i) => samples[i].label);
  return headlineIntervals(certainty(probabilities, labels, classes.length).predicted, labels, classes.length);
}

/** The answers of a validation, image by image, as CSV. */
function predictionsOf({ samples, classes }: Split, { indices, probabilities }: Scores): string {
  const files = indices.map((i) => samples[i].file);
  const labels = indices.map((i) => samples[i].label);
  return predictionsCsv({ files, labels, classes, probabilities });
}
