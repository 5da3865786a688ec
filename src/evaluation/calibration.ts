/** Calibration of confidences (Guo et al. 2017): reliability, temperature scaling, and accuracy by coverage. */
import { certainty, logOf } from "./certainty.ts";

/** A bin of a reliability diagram: the images with confidence in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** mean confidence */
  readonly confidence: number;
  /** share of correct predictions */
  readonly accuracy: number;
}

const bins = 15;

/** Reliability diagram with 15 bins of equal width, without empty ones; `confidence` is the maximum probability of each image. */
export function reliability(confidence: readonly number[], isRight: readonly boolean[]): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (const [i, value] of confidence.entries()) {
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(value * bins) - 1))];
    bin.count++;
    bin.confidence += value;
    if (isRight[i]) bin.right++;
  }
  return sums.flatMap(({ count, confidence: sum, right }, b) =>
    count === 0
      ? []
      : [{ low: b / bins, high: (b + 1) / bins, count, confidence: sum / count, accuracy: right / count }],
  );
}

/** Expected calibration error: the mean over images of |confidence − accuracy| of their bin (Guo et al. 2017, Eq. 3). */
export function calibrationError(reliabilityBins: readonly ReliabilityBin[]): number {
  const n = reliabilityBins.reduce((sum, { count }) => sum + count, 0);
  const distances = reliabilityBins.map(({ count, confidence, accuracy }) => count * Math.abs(confidence - accuracy));
  return n === 0 ? 0 : distances.reduce((sum, value) => sum + value, 0) / n;
}

/**
 * Temperature scaling (Guo et al. 2017, section 4.2): softmax(logits / T) [n, C], computed as renormalised p^(1/T). Predictions do
 * not change.
 */
export function withTemperature(probabilities: Float32Array, classes: number, temperature: number): Float32Array {
  const out = new Float32Array(probabilities.length);
  for (let start = 0; start < out.length; start += classes) {
    const logs = Array.from(probabilities.subarray(start, start + classes), (p) => logOf(p) / temperature);
    const highest = Math.max(...logs);
    const sum = logs.reduce((total, value) => total + Math.exp(value - highest), 0);
    for (const [c, value] of logs.entries()) out[start + c] = Math.exp(value - highest) / sum;
  }
  return out;
}

/** The answer of several reads of one image: the softmax of the mean of their logits, from their probabilities [C] each. */
export function meanAnswer(rows: readonly Float32Array[]): Float32Array {
  const [first] = rows;
  if (rows.length === 1) return first;
  const logs = Array.from(first, (_, c) => rows.reduce((sum, row) => sum + logOf(row[c]), 0) / rows.length);
  const highest = Math.max(...logs);
  const powers = logs.map((value) => Math.exp(value - highest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return Float32Array.from(powers, (value) => value / total);
}

/** Calibration metrics at one temperature. */
interface CalibrationFigures {
  /** mean −log p of the labels */
  readonly nll: number;
  readonly ece: number;
}

/** Result of fitting a temperature, with the metrics of the images that it was fitted on. */
export interface TemperatureFit {
  /** temperature in use: the fitted one, or 1 if that is no improvement on these images */
  readonly temperature: number;
  /** T of the minimum mean −log p */
  readonly fitted: number;
  /** whether the minimum is at a bound of the search; if all predictions are correct, for example, there is no optimal T */
  readonly atBound: boolean;
  /** number of images */
  readonly images: number;
  /** at temperature 1 */
  readonly before: CalibrationFigures;
  /** at the fitted temperature */
  readonly after: CalibrationFigures;
}

/** Bound of |log T|: the search covers 1/100 to 100. */
const bound = Math.log(100);

/**
 * Fits T by the mean −log p of the labels. T stays 1 if the fit increases that mean or ECE, and at the lower bound, which is
 * reached if all predictions are correct and does not generalise. The upper bound, reached by confident wrong predictions, is
 * used.
 */
export function fitTemperature(
  probabilities: Float32Array,
  labels: readonly number[],
  classes: number,
): TemperatureFit {
  const loss = (logT: number) => meanLoss(probabilities, labels, classes, Math.exp(logT));
  const inside = minimumOf(loss, -bound, bound);
  // The loss is flat beyond single precision, so the bounds are evaluated as well.
  const end = [-bound, bound].find((logT) => loss(logT) <= loss(inside));
  const fitted = Math.exp(end ?? inside);
  const figures = (temperature: number): CalibrationFigures => {
    const { confidence, isRight } = certainty(withTemperature(probabilities, classes, temperature), labels, classes);
    return { nll: loss(Math.log(temperature)), ece: calibrationError(reliability(confidence, isRight)) };
  };
  const [before, after] = [figures(1), figures(fitted)];
  const isBetter = end !== -bound && after.nll < before.nll && after.ece <= before.ece;
  const temperature = isBetter ? fitted : 1;
  return { temperature, fitted, atBound: end !== undefined, images: labels.length, before, after };
}

/** Notice for the user if the fit is at a bound or not used; undefined otherwise. */
export function fitNotice({ temperature, fitted, atBound, images, before, after }: TemperatureFit): string | undefined {
  if (temperature === fitted && !atBound) return undefined;
  const end = temperature === fitted ? "it is used as it is" : "the probabilities stay as they are (temperature 1)";
  if (atBound) {
    return `the temperature is at the bound of its search (${fitted.toPrecision(3)}), for the ${images} images of the validation split do not decide it: ${end}`;
  }
  const ece = `ECE from ${(100 * before.ece).toFixed(2)} to ${(100 * after.ece).toFixed(2)} %`;
  return `the temperature that was fitted on the validation split (${fitted.toPrecision(3)}) does no good there (${ece}): ${end}`;
}

/** Location of the minimum of a unimodal function, by golden-section search. */
function minimumOf(loss: (at: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [leftLoss, rightLoss] = [loss(left), loss(right)];
  while (high - low > 1e-5) {
    if (leftLoss < rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - ratio * (high - low);
      leftLoss = loss(left);
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + ratio * (high - low);
      rightLoss = loss(right);
    }
  }
  return (low + high) / 2;
}

/** A point of the accuracy–coverage curve of selective prediction. */
export interface CoveragePoint {
  /** minimum confidence of an accepted prediction */
  readonly threshold: number;
  /** share of accepted predictions */
  readonly coverage: number;
  /** share of correct ones among them; 1 if none is accepted */
  readonly accuracy: number;
}

/** The curve's point at one threshold; `confidence` is the maximum probability of each image. */
export function coverageAt(
  confidence: readonly number[],
  isRight: readonly boolean[],
  threshold: number,
): CoveragePoint {
  let [accepted, correct] = [0, 0];
  for (const [i, value] of confidence.entries()) {
    if (value < threshold) continue;
    accepted++;
    if (isRight[i]) correct++;
  }
  return { threshold, coverage: accepted / confidence.length, accuracy: accepted === 0 ? 1 : correct / accepted };
}

/** The accuracy–coverage curve at up to 20 thresholds, the quantiles of the confidences in steps of 5 %. */
export function coverageCurve(confidence: readonly number[], isRight: readonly boolean[]): CoveragePoint[] {
  const sorted = [...confidence].sort((a, b) => a - b);
  const steps = Math.min(20, sorted.length);
  const thresholds = Array.from({ length: steps }, (_, i) => sorted[Math.floor((i * sorted.length) / steps)]);
  return [...new Set(thresholds)].map((threshold) => coverageAt(confidence, isRight, threshold));
}

function meanLoss(p: Float32Array, labels: readonly number[], classes: number, temperature: number): number {
  let total = 0;
  for (const [row, label] of labels.entries()) {
    const logs = Array.from(p.subarray(row * classes, (row + 1) * classes), (value) => logOf(value) / temperature);
    const highest = Math.max(...logs);
    total += highest + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - highest), 0)) - logs[label];
  }
  return total / labels.length;
}
