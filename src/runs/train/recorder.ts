/** What a run leaves behind while it goes: records, checkpoints, the manifest. */

import { existsSync } from "node:fs";
import { selectionLabel, selectionSplit } from "../../data/sample.ts";
import { type HeadlineIntervals, headlineIntervals } from "../../evaluation/intervals.ts";
import { certainty } from "../../evaluation/metrics.ts";
import { predictionsCsv } from "../../evaluation/predictions.ts";
import { encodeResume } from "../../method/checkpoint.node.ts";
import { encodeCheckpoint } from "../../method/checkpoint.ts";
import { type EpochRecord, type FitState, isFinished, type StepRecord } from "../../method/fit.ts";
import type { Prompts } from "../../method/prompts.ts";
import type { ValidationResult } from "../../method/validator.ts";
import { MpaError } from "../../platform/errors.ts";
import { type CallbackList, recordedSteps } from "../callbacks/callbacks.ts";
import { manifestText, readManifest } from "../manifest.ts";
import { recordedConfig } from "../optionRoles.ts";
import { type BestEpoch, recordedBest } from "../runFolder.ts";
import { readTestEvaluations, writeRunReport } from "../runReport.ts";
import { manifest } from "./manifest.ts";
import type { OpenRun } from "./openRun.ts";
import { tensorsHash } from "./replay.ts";

/* A state of a run as the bytes of its files: the checkpoint that others use, and what the run itself goes on from. */

/** `best.safetensors` or `last.safetensors`. Throws NUMERIC where the prompts' text features are not finite. */
export async function checkpointBytes(run: OpenRun, prompts: Prompts): Promise<Uint8Array> {
  const { backbone, config, setup, train, validator } = run;
  const theta = await validator.encoder.encode(prompts["text.context"]);
  if (!theta.data.every(Number.isFinite)) throw new MpaError("NUMERIC", "the text features are not finite");
  return encodeCheckpoint({
    prompts,
    prototypes: setup.prototypes,
    theta,
    classes: train.split.classes,
    config: { ...config, tau: setup.spec.tau },
    backbone: { name: backbone.name, sha256: backbone.sha256 },
    selection: selectionSplit(config.paperProtocol),
  });
}

/** Prompts, optimiser and place in the data. */
export function resumeBytes({ fingerprint: print, training }: OpenRun, state: FitState): Uint8Array {
  return encodeResume(state, { fingerprint: print, microBatch: training.stepOptions.microBatch });
}

/* What is recorded of a validation besides its scores. */

/** How sure the headline figures are; undefined where nothing was validated. */
export function validationIntervals(
  { valid }: OpenRun,
  result: ValidationResult | undefined,
): HeadlineIntervals | undefined {
  if (result === undefined) return undefined;
  const { samples, classes } = valid.split;
  const { indices, probabilities } = result.scores;
  const labels = indices.map((i) => samples[i].label);
  return headlineIntervals(certainty(probabilities, labels, classes.length).predicted, labels, classes.length);
}

/** The answers, image by image, as CSV. */
export function validationPredictions({ valid }: OpenRun, result: ValidationResult | undefined): string {
  const { samples, classes } = valid.split;
  const { indices, probabilities } = result?.scores ?? { indices: [], probabilities: new Float32Array() };
  const files = indices.map((i) => samples[i].file);
  const labels = indices.map((i) => samples[i].label);
  return predictionsCsv({ files, labels, classes, probabilities });
}

/** Between two checkpoints inside an epoch, milliseconds. */
const saveInterval = 5 * 60 * 1000;
/** Between two pages of a run that goes on, milliseconds. */
const reportInterval = 60 * 1000;

export class RunRecorder {
  readonly #run: OpenRun;
  readonly #callbacks: CallbackList;
  readonly #started = performance.now();
  readonly #isRecorded: (step: number) => boolean;
  #latest: FitState;
  #saved = performance.now();
  #reported = performance.now();
  /** the last validation */
  current: ValidationResult | undefined;
  /** of the best one */
  best: BestEpoch | undefined;

  constructor(run: OpenRun, callbacks: CallbackList) {
    this.#run = run;
    this.#callbacks = callbacks;
    this.#latest = run.begin;
    this.#isRecorded = recordedSteps(run.steps);
    this.best = recordedBest(run.folder.records, run.begin.best?.epoch);
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** steps done */
  get step(): number {
    return this.#latest.step;
  }

  /** From the first moment on there is something to go on from, so that nothing half made can be in the way of a new try. */
  async begin(): Promise<void> {
    const { isNew, begin, folder, backbone, train, size, steps } = this.#run;
    const config = recordedConfig(this.#run.config);
    if (isNew) await folder.write("resume", resumeBytes(this.#run, begin));
    const done = { stepsDone: begin.step, imagesSeen: begin.epoch * size + begin.images };
    const { classes } = train.split;
    const { name, sha256 } = backbone;
    const start = { out: folder.path, config, backbone: { name, sha256 }, classes, images: size, steps, ...done };
    await this.#callbacks.tell("onRunStart", start);
  }

  async onStep(record: StepRecord, state: FitState): Promise<void> {
    const { losses, ...step } = record;
    this.#latest = state;
    if (this.#isRecorded(step.step)) this.#run.folder.record({ kind: "step", ...step, ...losses });
    await this.#callbacks.tell("onStep", record);
    if (performance.now() - this.#saved > saveInterval) await this.save(state);
  }

  async onEpoch(record: EpochRecord, state: FitState): Promise<void> {
    const { folder, config } = this.#run;
    this.#latest = state;
    const selection = selectionSplit(config.paperProtocol);
    const protocol = selectionLabel(selection);
    const { losses, validation: _, ...epoch } = record;
    const validation = this.current?.metrics;
    const intervals = record.isBest ? validationIntervals(this.#run, this.current) : undefined;
    const more = { ...(protocol && { protocol }), validation, ...(intervals && { intervals }) };
    folder.record({ kind: "epoch", ...epoch, ...losses, ...more });
    await this.#callbacks.tell("onEpochEnd", { ...record, validation });
    if (record.isBest) {
      this.best = validation && { metrics: validation, intervals };
      await folder.write("best", await checkpointBytes(this.#run, state.prompts));
      await folder.write("predictions", validationPredictions(this.#run, this.current));
      await this.#callbacks.tell("onCheckpoint", { kind: "best", path: folder.file("best"), step: state.step });
    }
    const finished = this.isFinished(state);
    if (record.isBest || finished || state.epoch % config.checkpointEvery === 0) await this.save(state);
    await this.#describe(state, finished);
  }

  isFinished = (state: FitState): boolean =>
    isFinished(state, { epochs: this.#run.config.epochs, maxSteps: this.#run.steps });

  /** Records first, the resume file last: what it points at is there. */
  async save(state: FitState): Promise<void> {
    const { folder } = this.#run;
    await folder.writeMetrics();
    await folder.write("last", await checkpointBytes(this.#run, state.prompts));
    await folder.write("resume", resumeBytes(this.#run, state));
    this.#saved = performance.now();
    await this.#callbacks.tell("onCheckpoint", { kind: "last", path: folder.file("last"), step: state.step });
  }

  /**
   * The error for a value that is not finite: the step, and the checkpoint that is kept. That is the state before the
   * step, or what was saved earlier where that state's own features are not finite any more.
   */
  async stopAt(error: MpaError): Promise<MpaError> {
    const { folder } = this.#run;
    const { step } = this.#latest;
    const where = `stopped at step ${step + 1}`;
    const fail = (kept: string) => new MpaError(error.code, error.message, { where, fix: kept, cause: error });
    if (step === 0) {
      // Nothing was learned: the folder is as free for another try as it was.
      if (this.#run.isNew) await folder.remove("resume");
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

  /** Hashes of the tensors of both checkpoints. */
  async bits(): Promise<{ readonly last: string; readonly best: string }> {
    const { folder } = this.#run;
    return { last: await tensorsHash(folder.file("last")), best: await tensorsHash(folder.file("best")) };
  }

  /** A run that was killed between its last checkpoint and its manifest has only the latter to write. */
  async complete(state: FitState): Promise<void> {
    const { folder } = this.#run;
    const isKnown = existsSync(folder.file("manifest")) && (await readManifest(folder.file("manifest"))).finished;
    if (!isKnown) await this.close(state);
  }

  /** What an interrupted run leaves: all that there is, to go on from and to look at. */
  async close(state: FitState): Promise<void> {
    await this.save(state);
    await this.#describe(state, true);
  }

  /** The manifest, for programs, and the page that says the same and more, for people. */
  async #describe(state: FitState, withReport: boolean): Promise<void> {
    const { folder } = this.#run;
    const finished = this.isFinished(state);
    // Read anew each time: the test split may be opened with a checkpoint of a run that still goes on.
    const openings = await readTestEvaluations(folder.file("manifest"));
    const bits = finished && this.best !== undefined ? await this.bits() : undefined;
    const stop = finished ? undefined : this.#callbacks.stop;
    const parts = { run: this.#run, state, ...this.best, finished, seconds: this.seconds, openings, bits, stop };
    await folder.write("manifest", manifestText(manifest(parts)));
    if (!withReport && performance.now() - this.#reported < reportInterval) return;
    await folder.writeMetrics();
    await writeRunReport(folder.path);
    this.#reported = performance.now();
  }
}
