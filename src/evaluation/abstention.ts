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
