/** Paired comparison of two models over seeds and images: a bootstrap of both (pigeonhole bootstrap, Owen 2007). */
import { Random } from "../platform/random.ts";
import { bootstrapIntervals, type Interval } from "./intervals.ts";

/** Difference of two models' accuracy on the same images. */
export interface PairedDifference {
  readonly difference: number;
  /** 95 % bootstrap interval over seeds and images; over images alone with one seed */
  readonly interval: Interval;
  /** two-sided bootstrap p-value: twice the share of resamples with the opposite sign */
  readonly p: number;
  /** number of seeds; with one, the spread between trainings is not in the interval */
  readonly seeds: number;
}

/**
 * Compares two models by their hits, [seeds][images], 1 for an image that is classified correctly. Each resample draws seeds and then
 * images, both with replacement. All seeds have the same images, so one draw of images holds for every seed drawn: images drawn again for
 * each seed would count as independent evidence. Depends on its arguments only.
 */
export function pairedDifference(
  before: readonly (readonly number[])[],
  after: readonly (readonly number[])[],
  { resamples = 2000, seed = 1 }: { readonly resamples?: number; readonly seed?: number } = {},
): PairedDifference {
  const seeds = after.length;
  const images = after[0].length;
  const gains = after.map((hits, s) => Float64Array.from(hits, (hit, i) => hit - before[s][i]));
  const random = new Random("bootstrap-seeds", seed, seeds);
  const drawn: number[] = [];
  const [interval] = bootstrapIntervals(
    images,
    (indices) => {
      const perImage = meanOf(seeds === 1 ? gains : gains.map(() => gains[random.integer(seeds)]));
      const difference = indices.reduce((sum, i) => sum + perImage[i], 0) / images;
      drawn.push(difference);
      return [difference];
    },
    { resamples, seed },
  );
  const difference = meanOf(gains).reduce((sum, value) => sum + value, 0) / images;
  return { difference, interval, p: twoSided(drawn), seeds };
}

/** Mean over seeds of each image's gain. */
function meanOf(gains: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(gains[0].length);
  for (const gain of gains) for (let i = 0; i < sums.length; i++) sums[i] += gain[i];
  return sums.map((sum) => sum / gains.length);
}

function twoSided(differences: readonly number[]): number {
  const share = (isSo: (difference: number) => boolean) => differences.filter(isSo).length / differences.length;
  return Math.min(
    1,
    2 *
      Math.min(
        share((each) => each <= 0),
        share((each) => each >= 0),
      ),
  );
}
