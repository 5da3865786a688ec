/** Which steps of a run are kept on record. */

/** Step records at most, so that long runs keep a readable file. */
const maxStepRecords = 2000;

/** Whether a step, counted from 1, of a run of so many is recorded: the first, and evenly spaced ones. */
export function recordedSteps(steps: number): (step: number) => boolean {
  const every = Math.ceil(steps / maxStepRecords);
  return (step) => step % every === 0 || step === 1;
}
