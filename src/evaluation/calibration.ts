/** How far what a model says of its own certainty holds (Guo et al. 2017, section 2). */
import { certainty } from "./certainty.ts";

/** The images whose largest probability lies in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** mean of the largest probabilities */
  readonly confidence: number;
  /** share that is right */
  readonly accuracy: number;
}

const bins = 15;

/** 15 equal bins, those without an image left out. `confidence` is the largest probability of each image. */
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

/** ECE: the mean over images of the distance between a bin's confidence and its accuracy (Guo et al. 2017, Eq. 3). */
export function calibrationError(reliabilityBins: readonly ReliabilityBin[]): number {
  const n = reliabilityBins.reduce((sum, { count }) => sum + count, 0);
  const distances = reliabilityBins.map(({ count, confidence, accuracy }) => count * Math.abs(confidence - accuracy));
  return n === 0 ? 0 : distances.reduce((sum, value) => sum + value, 0) / n;
}

/** Temperature scaling (Guo et al. 2017, section 4.2): one number that makes a model as sure as it is right. */

/** [n, C], softmax(logits / T): p^(1/T), renormalised. The largest class stays the largest. */
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

/** How well probabilities say how often they are right, at one temperature. */
interface CalibrationFigures {
  /** mean −log p of the labels */
  readonly nll: number;
  readonly ece: number;
}

/** A temperature that was fitted, and what it does to the images that it was fitted on. */
export interface TemperatureFit {
  /** what the logits are divided by: the fitted one, or 1 where that is no better on these very images */
  readonly temperature: number;
  /** T with the least mean −log p */
  readonly fitted: number;
  /** the least is at an end of the search, so that no T is best: all answers are right, say, and any smaller T is better still */
  readonly atBound: boolean;
  /** images that it was fitted on */
  readonly images: number;
  /** at temperature 1 */
  readonly before: CalibrationFigures;
  /** at the fitted one */
  readonly after: CalibrationFigures;
}

/** T is looked for between 1/100 and 100. */
const bound = Math.log(100);

/**
 * Fits T by the mean −log p of the labels. It stays 1 where the fit makes that mean or ECE worse, and at the lower bound: where all
 * answers are right any certainty is too little, which says nothing of other images. At the upper one a model that is sure of
 * wrong answers is made less sure, which is used.
 */
export function fitTemperature(
  probabilities: Float32Array,
  labels: readonly number[],
  classes: number,
): TemperatureFit {
  const loss = (logT: number) => meanLoss(probabilities, labels, classes, Math.exp(logT));
  const inside = leastOf(loss, -bound, bound);
  // The loss is flat where single precision holds no difference any more, so the ends are asked as well.
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

/** What a user should know of a fit: that it ran to a bound, or is not used, and why; undefined where all is well. */
export function fitNotice({ temperature, fitted, atBound, images, before, after }: TemperatureFit): string | undefined {
  if (temperature === fitted && !atBound) return undefined;
  const end = temperature === fitted ? "it is used as it is" : "the probabilities stay as they are (temperature 1)";
  if (atBound) {
    return `the temperature came to the bound of its search (${fitted.toPrecision(3)}), for the ${images} images of the validation split do not decide it: ${end}`;
  }
  const ece = `ECE from ${(100 * before.ece).toFixed(2)} to ${(100 * after.ece).toFixed(2)} %`;
  return `the temperature that was fitted on the validation split (${fitted.toPrecision(3)}) does no good there (${ece}): ${end}`;
}

/** Where a function of one minimum has it; golden-section search. */
function leastOf(loss: (at: number) => number, from: number, to: number): number {
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

function meanLoss(p: Float32Array, labels: readonly number[], classes: number, temperature: number): number {
  let total = 0;
  for (const [row, label] of labels.entries()) {
    const logs = Array.from(p.subarray(row * classes, (row + 1) * classes), (value) => logOf(value) / temperature);
    const highest = Math.max(...logs);
    total += highest + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - highest), 0)) - logs[label];
  }
  return total / labels.length;
}

/** A probability that single precision rounded to 0 counts as the smallest that it can hold. */
const logOf = (p: number): number => Math.log(Math.max(p, 1e-45));

/** What is gained by giving no answer where the largest probability is low. */

export interface CoveragePoint {
  /** the least probability that is answered with */
  readonly threshold: number;
  /** share of images that are answered */
  readonly coverage: number;
  /** share of the answers that are right; 1 where nothing is answered */
  readonly accuracy: number;
}

/** The point of one threshold; `confidence` is the largest probability of each image. */
export function coverageAt(
  confidence: readonly number[],
  isRight: readonly boolean[],
  threshold: number,
): CoveragePoint {
  let [answered, right] = [0, 0];
  for (const [i, value] of confidence.entries()) {
    if (value < threshold) continue;
    answered++;
    if (isRight[i]) right++;
  }
  return { threshold, coverage: answered / confidence.length, accuracy: answered === 0 ? 1 : right / answered };
}

/** The curve from answering everything to answering almost nothing: at the confidences of every twentieth of the images. */
export function coverageCurve(confidence: readonly number[], isRight: readonly boolean[]): CoveragePoint[] {
  const sorted = [...confidence].sort((a, b) => a - b);
  const steps = Math.min(20, sorted.length);
  const thresholds = Array.from({ length: steps }, (_, i) => sorted[Math.floor((i * sorted.length) / steps)]);
  return [...new Set(thresholds)].map((threshold) => coverageAt(confidence, isRight, threshold));
}
