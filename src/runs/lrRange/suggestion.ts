/** Curve of a learning-rate range test (Smith 2017, section 3.3), and the learning rate that it suggests. */

/** One step of the test. */
export interface RangePoint {
  readonly step: number;
  readonly lr: number;
  /** L_total of the step */
  readonly loss: number;
  /** exponential moving average of the losses so far, corrected for its start at 0 */
  readonly smoothed: number;
}

/** Weight of the past in the smoothed loss. */
const smoothing = 0.9;
/** The test ends when the smoothed loss exceeds the lowest one by this factor, as in fastai. */
const divergence = 4;
/** Steps before the smoothed loss counts, since its first values are those of single batches. */
const burnIn = 5;
/** Standard errors of the smoothed loss by which it has to fall, so that the lowest of many noisy values is not taken for a minimum. */
const clearFall = 4;

/** The learning rate of a step of `steps`, from `min` to `max` in equal factors. */
export const rangeRate = (min: number, max: number, steps: number) => (step: number) =>
  min * (max / min) ** (step / (steps - 1));

/** The points with one more step. */
export function nextPoints(points: readonly RangePoint[], lr: number, loss: number): readonly RangePoint[] {
  const count = points.length;
  const last = points.at(-1);
  // The uncorrected average of `count` losses is the corrected one times 1 − smoothing^count.
  const before = last === undefined ? 0 : last.smoothed * (1 - smoothing ** count);
  const smoothed = (smoothing * before + (1 - smoothing) * loss) / (1 - smoothing ** (count + 1));
  return [...points, { step: count + 1, lr, loss, smoothed }];
}

/** Whether the smoothed loss has grown so far above its lowest value that larger rates tell nothing more. */
export function hasDiverged(points: readonly RangePoint[]): boolean {
  const last = points.at(-1);
  if (last === undefined || points.length <= burnIn) return false;
  return last.smoothed > divergence * Math.min(...points.map(({ smoothed }) => smoothed));
}

/** What the curve suggests. */
export interface Suggestion {
  /** a tenth of the rate at the lowest smoothed loss */
  readonly lr: number;
  /** the rate at the lowest smoothed loss */
  readonly atLowest: number;
  /** the rate at which the smoothed loss falls fastest over the logarithm of the rate */
  readonly atSteepest: number;
}

/** The suggestion of a curve; undefined if the loss did not fall by more than its noise from batch to batch explains. */
export function suggestion(points: readonly RangePoint[]): Suggestion | undefined {
  const counted = points.slice(burnIn);
  if (counted.length < 2) return undefined;
  const lowest = counted.reduce((best, point) => (point.smoothed < best.smoothed ? point : best));
  const fall = counted[0].smoothed - lowest.smoothed;
  if (fall <= clearFall * standardError(points.slice(0, points.indexOf(lowest) + 1))) return undefined;
  const slopes = counted.slice(1).map((point, i) => ({
    lr: point.lr,
    slope: (point.smoothed - counted[i].smoothed) / Math.log(point.lr / counted[i].lr),
  }));
  const steepest = slopes.reduce((best, point) => (point.slope < best.slope ? point : best));
  return { lr: lowest.lr / 10, atLowest: lowest.lr, atSteepest: steepest.lr };
}

/** Standard error of the smoothed loss, √((1 − s) / (1 + s)) of the deviation of a single loss, which neighbours' differences give. */
function standardError(points: readonly RangePoint[]): number {
  const differences = points.slice(1).map(({ loss }, i) => (loss - points[i].loss) ** 2);
  const variance = differences.reduce((sum, square) => sum + square, 0) / (2 * differences.length);
  return Math.sqrt((variance * (1 - smoothing)) / (1 + smoothing));
}
