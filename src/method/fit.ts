/** The training loop: epochs of steps, each validated at its end, over a state that can be saved and resumed after any step. */
import { MpaError } from "../platform/errors.ts";
import type { Optimiser, Schedule } from "./optimiser.ts";
import type { Prompts } from "./prompts.ts";
import type { StepResult } from "./step.ts";

/** How far a run has come. */
export interface Progress {
  /** steps done */
  readonly step: number;
  /** epoch in work, from 0 */
  readonly epoch: number;
  /** batches of that epoch done */
  readonly batch: number;
  /** images of that epoch seen, and Σ of term · images over them */
  readonly images: number;
  readonly sums: Readonly<Record<string, number>>;
  /** the epoch, from 0, with the best validation so far */
  readonly best?: { readonly epoch: number; readonly accuracy: number; readonly uar: number };
}

/** All that the rest of a run depends on. */
export interface FitState<State> extends Progress {
  readonly prompts: Prompts;
  readonly optimiser: State;
}

/** What the loop reads of a validation; the whole of it goes to `onEpoch`. */
export interface Validation {
  readonly metrics: { readonly accuracy: number; readonly uar: number };
}

export interface StepRecord {
  /** from 1 */
  readonly step: number;
  /** from 0 */
  readonly epoch: number;
  readonly lr: number;
  readonly images: number;
  readonly losses: Readonly<Record<string, number>>;
}

export interface EpochRecord<V> {
  /** from 0 */
  readonly epoch: number;
  /** steps done by its end */
  readonly step: number;
  /** means over the epoch's images */
  readonly losses: Readonly<Record<string, number>>;
  readonly validation: V;
  /** whether the validation is the best so far */
  readonly isBest: boolean;
}

/** The source of batches, and the step that learns from one. */
export interface Steps<Batch extends object> {
  /** The batches of an epoch from number `from` on; `undefined` stands for a batch without a readable image. */
  batches(epoch: number, from: number): AsyncIterable<Batch | undefined> | Iterable<Batch | undefined>;
  /** Loss terms and gradients; `undefined` where the batch turns out to have no readable image. */
  step(prompts: Prompts, batch: Batch): Promise<StepResult | undefined>;
}

/** Records, checkpoints and progress: told after each step and epoch, waited for. */
export interface FitListener<V, State> {
  onStep?(record: StepRecord, state: FitState<State>): Promise<void> | void;
  onEpoch?(record: EpochRecord<V>, state: FitState<State>): Promise<void> | void;
}

/** What the loop is run with. */
export interface FitParts<Batch extends object, V extends Validation, State> {
  readonly steps: Steps<Batch>;
  readonly optimiser: Optimiser<State>;
  readonly schedule: Schedule;
  /** scores the prompts of each epoch; `undefined` where that was cut short */
  readonly validator: { validate(prompts: Prompts): Promise<V | undefined> };
  readonly listener: FitListener<V, State>;
  readonly epochs: number;
  readonly maxSteps: number;
  /** stops the run after the step in work */
  readonly signal?: AbortSignal;
}

export const initialState = <State>(prompts: Prompts, optimiser: Optimiser<State>): FitState<State> => ({
  prompts,
  optimiser: optimiser.init(prompts),
  step: 0,
  epoch: 0,
  batch: 0,
  images: 0,
  sums: {},
});

/**
 * Trains from a state until all epochs or steps are done or the signal stops the run; gives the state that it came to, from
 * which another call goes on to the same bits. Throws NUMERIC where prompts leave the range of single precision.
 */
export async function fit<Batch extends object, V extends Validation, State>(
  from: FitState<State>,
  parts: FitParts<Batch, V, State>,
): Promise<FitState<State>> {
  const { steps, optimiser, schedule, validator, listener, maxSteps, signal } = parts;
  const isStopped = () => signal?.aborted === true;
  let state = from;

  while (!isFinished(state, parts) && !isStopped()) {
    // A run that was stopped after its last step has no batch left, but that epoch's validation.
    const batches = state.step < maxSteps ? steps.batches(state.epoch, state.batch) : [];
    for await (const batch of batches) {
      const result = batch && (await steps.step(state.prompts, batch));
      if (result) {
        const lr = schedule(state.step);
        const next = optimiser.update(state.prompts, result.gradients, state.optimiser, lr);
        requireFinite(next.prompts);
        const { losses, images } = result;
        state = { ...state, prompts: next.prompts, optimiser: next.state, ...progressAfter(state, result) };
        await listener.onStep?.({ step: state.step, epoch: state.epoch, lr, images, losses }, state);
      } else {
        state = { ...state, batch: state.batch + 1 };
      }
      if (state.step >= maxSteps || isStopped()) break;
    }
    if (isStopped()) break;

    const validation = await validator.validate(state.prompts);
    // A validation that was cut short counts for nothing; a resumed run repeats it.
    if (validation === undefined || isStopped()) break;
    const { epoch, step } = state;
    const { accuracy, uar } = validation.metrics;
    const isBest = isBetter({ accuracy, uar }, state.best);
    const record = { epoch, step, losses: meanLosses(state), validation, isBest };
    const best = isBest ? { epoch, accuracy, uar } : state.best;
    state = { ...state, best, epoch: epoch + 1, batch: 0, images: 0, sums: {} };
    await listener.onEpoch?.(record, state);
  }
  return state;
}

/** Whether all steps are done and the epoch of the last one has been ended, validation and all. */
export const isFinished = (
  { epoch, step, batch }: Progress,
  { epochs, maxSteps }: { readonly epochs: number; readonly maxSteps: number },
): boolean => epoch >= epochs || (step >= maxSteps && batch === 0);

/** The progress of a state after one more step. */
const progressAfter = ({ sums, images, step, batch }: Progress, { losses, images: more }: StepResult) => ({
  sums: Object.fromEntries(Object.entries(losses).map(([name, value]) => [name, (sums[name] ?? 0) + value * more])),
  images: images + more,
  step: step + 1,
  batch: batch + 1,
});

const meanLosses = ({ sums, images }: Progress): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / Math.max(1, images)]));

/** Finite gradients can still lead out of single precision; such prompts are never a state to go on from. */
function requireFinite(prompts: Prompts): void {
  const bad = Object.keys(prompts).find((name) => !prompts[name].data.every(Number.isFinite));
  if (bad !== undefined) throw new MpaError("NUMERIC", `${bad} is not finite after the update`, { fix: "lower --lr" });
}

/** By accuracy, then UAR; of equal epochs the earlier one stays. */
function isBetter({ accuracy, uar }: Validation["metrics"], best: Progress["best"]): boolean {
  if (best === undefined) return true;
  return accuracy === best.accuracy ? uar > best.uar : accuracy > best.accuracy;
}
