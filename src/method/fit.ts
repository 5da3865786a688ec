/** The training loop. Each epoch ends with a validation; the state can be saved and resumed after any step. */
import { MpaError } from "../platform/errors.ts";
import { type Average, type Averaging, averagedPrompts, nextAverage } from "./averaging.ts";
import { type LossScale, nextLossScale } from "./lossScale.ts";
import type { Optimiser } from "./optimiser.ts";
import type { Prompts } from "./prompts.ts";
import type { Schedule } from "./schedule.ts";
import type { StepResult, Steps } from "./step.ts";

/** The best validation of a run, by which epochs are compared. */
export interface BestValidation {
  /** from 0 */
  readonly epoch: number;
  readonly accuracy: number;
  readonly uar: number;
}

/** Progress of a run. */
export interface Progress {
  /** completed steps */
  readonly step: number;
  /** current epoch, from 0 */
  readonly epoch: number;
  /** completed batches of the current epoch */
  readonly batch: number;
  /** images seen in the current epoch */
  readonly images: number;
  /** Σ term · images over the epoch's steps, by loss term */
  readonly sums: Readonly<Record<string, number>>;
  /** that of the epochs so far */
  readonly best?: BestValidation;
  /** @internal of a training in half precision */
  readonly lossScale?: LossScale;
}

/** The complete state of a run, with which it resumes to the same bits. */
export interface FitState<State> extends Progress {
  readonly prompts: Prompts;
  readonly optimiser: State;
  /** what is validated and saved in place of the prompts, if they are averaged */
  readonly average?: Average | undefined;
}

/** A validation result. The loop reads only these metrics and passes the result on to `onEpoch`. */
export interface Validation {
  readonly metrics: { readonly accuracy: number; readonly uar: number };
}

/** The record of one step. */
export interface StepRecord {
  /** from 1 */
  readonly step: number;
  /** from 0 */
  readonly epoch: number;
  readonly lr: number;
  readonly images: number;
  readonly losses: Readonly<Record<string, number>>;
  /** factor of the loss's gradient in this step, in half precision */
  readonly lossScale?: number;
  /** a gradient overflowed at that scale: the prompts and their momentum are as before the step */
  readonly skipped?: true;
}

/** The record of one epoch. */
export interface EpochRecord<V> {
  /** from 0 */
  readonly epoch: number;
  /** completed steps at the end of the epoch */
  readonly step: number;
  /** means over the epoch's images */
  readonly losses: Readonly<Record<string, number>>;
  readonly validation: V;
  /** whether this validation is the best so far */
  readonly isBest: boolean;
}

/** A validated epoch, with the prompts at its end. */
export interface ValidatedEpoch<V> {
  readonly record: EpochRecord<V>;
  readonly prompts: Prompts;
}

/** Result of the training loop. */
export interface FitResult<V, State> {
  /** from which the training goes on */
  readonly state: FitState<State>;
  /** the last epoch that was validated here; absent if none was */
  readonly last?: ValidatedEpoch<V>;
  /** the best epoch, if it was validated here */
  readonly best?: ValidatedEpoch<V>;
}

/** Callbacks after each step and epoch, for records, checkpoints and progress. The loop awaits them. */
export interface FitListener<V, State> {
  onStep?(record: StepRecord, state: FitState<State>): Promise<void> | void;
  onEpoch?(record: EpochRecord<V>, state: FitState<State>): Promise<void> | void;
  /** Called with the last complete state when the loop fails; returns the error that the loop throws instead. */
  onFailure?(error: unknown, state: FitState<State>): Promise<unknown> | unknown;
}

/** Dependencies and limits of the training loop. */
export interface FitParts<Batch extends object, V extends Validation, State> {
  readonly steps: Steps<Batch>;
  readonly optimiser: Optimiser<State>;
  readonly schedule: Schedule;
  /** average of the prompts that is validated in their place; none by default */
  readonly averaging?: Averaging | undefined;
  /** evaluates the prompts after each epoch; `undefined` if the validation was interrupted */
  readonly validator: { validate(prompts: Prompts): Promise<V | undefined> };
  readonly listener: FitListener<V, State>;
  readonly epochs: number;
  readonly maxSteps: number;
  /** ends the run after this many epochs without a better validation */
  readonly patience?: number | undefined;
  /** stops the run after the current step */
  readonly signal?: AbortSignal;
}

/** The state before the first step; `lossScale` is that of a training in half precision. */
export const initialState = <State>(
  prompts: Prompts,
  optimiser: Optimiser<State>,
  lossScale?: LossScale,
): FitState<State> => ({
  prompts,
  optimiser: optimiser.init(prompts),
  step: 0,
  epoch: 0,
  batch: 0,
  images: 0,
  sums: {},
  ...(lossScale !== undefined && { lossScale }),
});

/**
 * Trains until all epochs or steps are done or the signal aborts. Continuing from the final state gives bit-identical results to an
 * uninterrupted run. Throws NUMERIC if the prompts overflow single precision, or gradients half precision at every loss scale, and what
 * steps, validation and listener throw, each as `onFailure` returns it.
 */
export async function fit<Batch extends object, V extends Validation, State>(
  from: FitState<State>,
  parts: FitParts<Batch, V, State>,
): Promise<FitResult<V, State>> {
  const { steps, listener, maxSteps, signal } = parts;
  const isStopped = () => signal?.aborted === true;
  let state = from;
  let last: ValidatedEpoch<V> | undefined;
  let best: ValidatedEpoch<V> | undefined;

  try {
    while (!isFinished(state, parts) && !isStopped()) {
      // A run stopped after its last step has no batches left, but may still lack the epoch's validation.
      const batches = state.step < maxSteps ? steps.batches(state.epoch, state.batch) : [];
      for await (const batch of batches) {
        const { record, next } = await afterBatch(state, batch, parts);
        state = next;
        if (record) await listener.onStep?.(record, state);
        if (state.step >= maxSteps || isStopped()) break;
      }
      if (isStopped()) break;

      const end = await endOfEpoch(state, parts);
      // An interrupted validation is discarded; a resumed run repeats it.
      if (end === undefined || isStopped()) break;
      last = { record: end.record, prompts: state.prompts };
      if (end.record.isBest) best = last;
      state = end.next;
      await listener.onEpoch?.(end.record, state);
    }
  } catch (error) {
    throw listener.onFailure ? await listener.onFailure(error, state) : error;
  }
  return { state, ...(last && { last }), ...(best && { best }) };
}

/** Limits of a run. */
export type FitLimits = Pick<FitParts<object, Validation, unknown>, "epochs" | "maxSteps" | "patience">;

/** Whether all steps are done and the last epoch has been validated, or validations have not improved for too long. */
export const isFinished = (progress: Progress, { epochs, maxSteps, patience }: FitLimits): boolean =>
  progress.epoch >= epochs ||
  (progress.step >= maxSteps && progress.batch === 0) ||
  epochsSinceBest(progress) >= (patience ?? Infinity);

/** Validated epochs since the best one; 0 before the first validation. */
export const epochsSinceBest = ({ epoch, best }: Pick<Progress, "epoch" | "best">): number =>
  best === undefined ? 0 : epoch - 1 - best.epoch;

/** The state after one more batch, and the record of its step; a batch without a readable image is no step. */
async function afterBatch<Batch extends object, State>(
  state: FitState<State>,
  batch: Batch | undefined,
  { steps, optimiser, schedule, averaging }: FitParts<Batch, Validation, State>,
): Promise<{ readonly next: FitState<State>; readonly record?: StepRecord }> {
  const scale = state.lossScale?.scale;
  const result = batch && (await steps.step(state.prompts, batch, scale));
  if (!result) return { next: { ...state, batch: state.batch + 1 } };
  const lr = schedule(state.step);
  const { losses, images, hasOverflowed } = result;
  const changed = { ...state, ...updated(state, result, optimiser, lr) };
  const average = hasOverflowed ? state.average : nextAverage(averaging, "step", state.epoch, changed);
  const next = { ...changed, average, ...progressAfter(state, result) };
  const scaling = { ...(scale && { lossScale: scale }), ...(hasOverflowed && { skipped: true as const }) };
  return { next, record: { step: next.step, epoch: next.epoch, lr, images, losses, ...scaling } };
}

/** The state after an epoch's validation, and its record; `undefined` if the validation was interrupted. */
async function endOfEpoch<V extends Validation, State>(
  state: FitState<State>,
  { averaging, validator }: Pick<FitParts<object, V, State>, "averaging" | "validator">,
): Promise<{ readonly next: FitState<State>; readonly record: EpochRecord<V> } | undefined> {
  const { epoch, step } = state;
  const average = nextAverage(averaging, "epoch", epoch, state);
  const validation = await validator.validate(averagedPrompts({ ...state, average }));
  if (validation === undefined) return undefined;
  const { accuracy, uar } = validation.metrics;
  const isBest = isBetter({ accuracy, uar }, state.best);
  const best = isBest ? { epoch, accuracy, uar } : state.best;
  return {
    next: { ...state, average, best, epoch: epoch + 1, batch: 0, images: 0, sums: {} },
    record: { epoch, step, losses: meanLosses(state), validation, isBest },
  };
}

/** Prompts, optimiser and loss scale after a step; one whose gradients overflowed changes the scale only. */
function updated<State>(
  { prompts, optimiser: before, lossScale }: FitState<State>,
  { gradients, hasOverflowed }: StepResult,
  optimiser: Optimiser<State>,
  lr: number,
): Partial<FitState<State>> {
  const scaling = lossScale && { lossScale: nextLossScale(lossScale, hasOverflowed === true) };
  if (hasOverflowed) return { ...scaling };
  const next = optimiser.update(prompts, gradients, before, lr);
  requireFinite(next.prompts);
  return { prompts: next.prompts, optimiser: next.state, ...scaling };
}

/** The progress after one more step. */
const progressAfter = ({ sums, images, step, batch }: Progress, { losses, images: more }: StepResult) => ({
  sums: Object.fromEntries(Object.entries(losses).map(([name, value]) => [name, (sums[name] ?? 0) + value * more])),
  images: images + more,
  step: step + 1,
  batch: batch + 1,
});

const meanLosses = ({ sums, images }: Progress): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / Math.max(1, images)]));

/** Throws NUMERIC for non-finite prompts. Finite gradients can still overflow single precision in the update. */
function requireFinite(prompts: Prompts): void {
  const bad = Object.keys(prompts).find((name) => !prompts[name].data.every(Number.isFinite));
  if (bad !== undefined) throw new MpaError("NUMERIC", `${bad} is not finite after the update`, { fix: "lower --lr" });
}

/** Compares by accuracy, then UAR; a tie goes to the earlier epoch. */
function isBetter({ accuracy, uar }: Validation["metrics"], best: Progress["best"]): boolean {
  if (best === undefined) return true;
  return accuracy === best.accuracy ? uar > best.uar : accuracy > best.accuracy;
}
