/** The training loop: epochs of steps, a validation after each epoch, a state that can be saved and resumed anywhere. */
import { MpaError } from "../platform/errors.ts";
import type { Optimiser, Schedule, SgdState } from "./optimiser.ts";
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
  /** the epoch with the best validation so far */
  readonly best?: { readonly epoch: number; readonly accuracy: number; readonly uar: number };
}

export interface FitState extends Progress {
  readonly prompts: Prompts;
  readonly momentum: SgdState;
}

export interface Validation {
  readonly accuracy: number;
  readonly uar: number;
}

export interface StepRecord {
  readonly step: number;
  readonly epoch: number;
  readonly lr: number;
  readonly images: number;
  readonly losses: Readonly<Record<string, number>>;
}

export interface EpochRecord {
  readonly epoch: number;
  readonly step: number;
  /** means over the epoch's images */
  readonly losses: Readonly<Record<string, number>>;
  readonly validation?: Validation;
  readonly isBest: boolean;
}

/** Where steps come from. */
export interface Steps<Batch> {
  /** the batches of an epoch from the given one on; `undefined` stands for a batch without a readable image */
  batches(epoch: number, from: number): AsyncIterable<Batch | undefined> | Iterable<Batch | undefined>;
  /** `undefined` where it turns out that the batch has no readable image */
  step(prompts: Prompts, batch: Batch): Promise<StepResult | undefined>;
}

/** What the loop is given to work with. */
export interface FitParts<Batch> extends Steps<Batch> {
  validate?(prompts: Prompts): Promise<Validation | undefined>;
  readonly optimiser: Optimiser<SgdState>;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly maxSteps: number;
  /** stops after the step in work */
  readonly signal?: AbortSignal;
  onStep?(record: StepRecord, state: FitState): Promise<void> | void;
  onEpoch?(record: EpochRecord, state: FitState): Promise<void> | void;
}

export const initialState = (prompts: Prompts, optimiser: Optimiser<SgdState>): FitState => ({
  prompts,
  momentum: optimiser.init(prompts),
  step: 0,
  epoch: 0,
  batch: 0,
  images: 0,
  sums: {},
});

/** Runs until the epochs or steps are done or the signal stops it; gives the state it came to. */
export async function fit<Batch>(from: FitState, parts: FitParts<Batch>): Promise<FitState> {
  let state = from;
  const stopped = () => parts.signal?.aborted === true;
  while (!isFinished(state, parts) && !stopped()) {
    // A run that was stopped behind its last step has no more of them, but its last validation is still to come.
    for await (const batch of state.step < parts.maxSteps ? parts.batches(state.epoch, state.batch) : []) {
      if (batch === undefined) state = { ...state, batch: state.batch + 1 };
      else state = await takeStep(state, batch, parts);
      if (state.step >= parts.maxSteps || stopped()) break;
    }
    if (stopped()) return state;
    state = await endEpoch(state, parts);
  }
  return state;
}

/** Whether all steps are done and the epoch of the last one has been ended, validation and all. */
export function isFinished(
  { epoch, step, batch }: Progress,
  to: Pick<FitParts<never>, "epochs" | "maxSteps">,
): boolean {
  return epoch >= to.epochs || (step >= to.maxSteps && batch === 0);
}

async function takeStep<Batch>(state: FitState, batch: Batch, parts: FitParts<Batch>): Promise<FitState> {
  const result = await parts.step(state.prompts, batch);
  if (result === undefined) return { ...state, batch: state.batch + 1 };
  const { losses, gradients, images } = result;
  const lr = parts.schedule(state.step);
  const { prompts, state: momentum } = parts.optimiser.update(state.prompts, gradients, state.momentum, lr);
  requireFinite(prompts);
  const sums = Object.fromEntries(
    Object.entries(losses).map(([name, value]) => [name, (state.sums[name] ?? 0) + value * images]),
  );
  const seen = { images: state.images + images, step: state.step + 1, batch: state.batch + 1 };
  const next = { ...state, prompts, momentum, sums, ...seen };
  await parts.onStep?.({ step: next.step, epoch: state.epoch, lr, images, losses }, next);
  return next;
}

/** Finite gradients can still lead out of single precision; such prompts are never a state to go on from. */
function requireFinite(prompts: Prompts): void {
  const bad = Object.keys(prompts).find((name) => !prompts[name].data.every(Number.isFinite));
  if (bad !== undefined) throw new MpaError("NUMERIC", `${bad} is not finite after the update`, { fix: "lower --lr" });
}

async function endEpoch<Batch>(state: FitState, parts: FitParts<Batch>): Promise<FitState> {
  const validation = await parts.validate?.(state.prompts);
  // A validation that was cut short counts for nothing; resuming repeats it.
  if (parts.signal?.aborted) return state;
  const isBest = validation !== undefined && isBetter(validation, state.best);
  const losses = Object.fromEntries(
    Object.entries(state.sums).map(([name, sum]) => [name, sum / Math.max(1, state.images)]),
  );
  const best = isBest ? { epoch: state.epoch, accuracy: validation.accuracy, uar: validation.uar } : state.best;
  const next: FitState = { ...state, best, epoch: state.epoch + 1, batch: 0, images: 0, sums: {} };
  await parts.onEpoch?.({ epoch: state.epoch, step: state.step, losses, validation, isBest }, next);
  return next;
}

/** By accuracy, then UAR; of equal epochs the earlier one stays. */
function isBetter(validation: Validation, best: Validation | undefined): boolean {
  if (best === undefined || validation.accuracy !== best.accuracy) return validation.accuracy > (best?.accuracy ?? -1);
  return validation.uar > best.uar;
}
