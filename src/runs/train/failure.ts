/** What is saved of a training whose loop has failed, and the error that says so. */
import type { FitState } from "../../method/fit.ts";
import type { OptimiserState } from "../../method/optimiser.ts";
import { type ErrorDetails, isFailure, MpaError } from "../../platform/errors.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { RunState } from "./openRun.ts";

/** A run at its last complete state. */
export interface FailedRun extends Pick<RunState, "folder" | "isNew"> {
  readonly checkpoints: Pick<Checkpoints, "writeResume">;
  /** Writes checkpoints, manifest and report of that state. Throws where its features are not finite. */
  close(): Promise<void>;
}

type State = FitState<OptimiserState>;

/** Saves what a failed loop has learned, as far as its error allows, and returns the error to throw. */
export async function saveAfterFailure(error: unknown, state: State, run: FailedRun): Promise<unknown> {
  if (isFailure(error, "NUMERIC")) return await afterNonFiniteStep(error, state, run);
  if (isFailure(error, "RUNTIME") || isFailure(error, "MEMORY")) return await afterRuntimeFailure(error, state, run);
  return error;
}

/**
 * Saves the state before a step that produced a non-finite value, and returns the error to throw, which names the step and the saved
 * checkpoint. If that state cannot be saved, because its own features are not finite, earlier checkpoints remain.
 */
async function afterNonFiniteStep(error: MpaError, { step }: State, run: FailedRun): Promise<MpaError> {
  const { folder, isNew } = run;
  const fail = (left: string) => stoppedAt(step + 1, error, { where: left, fix: error.fix });
  if (step === 0) {
    // No step succeeded, so remove the resume state to let a new run use the folder.
    if (isNew) await folder.remove("resume");
    return fail("nothing was learned yet");
  }
  try {
    await run.close();
    return fail(`${folder.file("last")} holds step ${step}`);
  } catch (failure) {
    if (!(failure instanceof MpaError)) throw failure;
    return fail(`${folder.path} is as it was saved last`);
  }
}

/**
 * Saves the state after the last step when the runtime has failed, and returns the error to throw, which names the step. No session is
 * used for it, so `last`, which needs text features, stays as it was saved before.
 */
async function afterRuntimeFailure(error: MpaError, state: State, run: FailedRun): Promise<MpaError> {
  const { folder, isNew, checkpoints } = run;
  const { step } = state;
  if (step === 0) {
    if (isNew) await folder.remove("resume");
    return stoppedAt(1, error, { where: "nothing was learned yet", fix: error.fix });
  }
  await folder.writeMetrics();
  await checkpoints.writeResume(state);
  const advice = [error.fix, "go on with --resume"].filter((each) => each !== undefined);
  return stoppedAt(step + 1, error, { where: `${folder.path} holds step ${step}`, fix: advice.join("; ") });
}

/** The error of a run that could not make a step; `where` says what is saved. */
const stoppedAt = (step: number, error: MpaError, details: Pick<ErrorDetails, "where" | "fix">): MpaError =>
  new MpaError(error.code, `${error.what}, stopped at step ${step}`, { ...details, cause: error });
