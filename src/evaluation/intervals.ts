/** How sure the headline figures are, given how many images they rest on. */
import { bootstrapIntervals, type Interval } from "./bootstrap.ts";

export interface HeadlineIntervals {
  readonly accuracy: Interval;
  readonly uar: Interval;
}

/** 95 % bootstrap intervals of accuracy and UAR; `predicted` and `labels` are classes 0 … C−1, one an image. */
export function headlineIntervals(
  predicted: readonly number[],
  labels: readonly number[],
  classes: number,
): HeadlineIntervals {
  const [accuracy, uar] = bootstrapIntervals(labels.length, (indices) => {
    const hits = new Int32Array(classes);
    const support = new Int32Array(classes);
    for (const i of indices) {
      support[labels[i]]++;
      if (predicted[i] === labels[i]) hits[labels[i]]++;
    }
    let [correct, recalls, present] = [0, 0, 0];
    for (let c = 0; c < classes; c++) {
      correct += hits[c];
      if (support[c] === 0) continue;
      recalls += hits[c] / support[c];
      present++;
    }
    return [correct / indices.length, recalls / present];
  });
  return { accuracy, uar };
}

/** Wilson's 95 % interval of a share (Wilson 1927): `hits` of `n`, sound for small n as well. */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = hits / n;
  const scale = 1 / (1 + (z * z) / n);
  const centre = scale * (share + (z * z) / (2 * n));
  const half = scale * z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
