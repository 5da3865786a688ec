/** How far what a model says of its own certainty holds (Guo et al. 2017, section 2). */

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
