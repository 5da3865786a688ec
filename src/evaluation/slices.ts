/** Sliced evaluation: accuracy with confidence intervals for groups of images by a metadata column. */
import { type Interval, wilsonInterval } from "./intervals.ts";

/** A group of images. */
export interface SliceGroup {
  /** value or range of values of the column */
  readonly value: string;
  /** number of images */
  readonly n: number;
  /** share of correct predictions; absent if the group is too small */
  readonly accuracy?: number;
  /** its 95 % Wilson interval */
  readonly interval?: Interval;
}

/** Groups of images by one column. */
export interface Slice {
  readonly column: string;
  /** in ascending order of values */
  readonly groups: readonly SliceGroup[];
  /** number of images without a value */
  readonly unknown: number;
}

/** Options of a slice. */
export interface SliceOptions {
  /** minimum images of a group whose accuracy is reported */
  readonly min: number;
}

/** Maximum distinct numbers that form groups of their own; more are grouped by quartiles. */
const maxNumbers = 12;

/** Accuracy by the values of a column; `values[i]` belongs to image i and is "" if unknown. */
export function sliceBy(
  column: string,
  values: readonly string[],
  isRight: readonly boolean[],
  { min }: SliceOptions,
): Slice {
  const known = values.flatMap((value, i) => (value === "" ? [] : [{ value, isRight: isRight[i] }]));
  const labelOf = groupLabels(known.map(({ value }) => value));
  const groups = new Map<string, { n: number; hits: number; place: number }>();
  for (const { value, isRight: right } of known) {
    const { label, place } = labelOf(value);
    const group = groups.get(label) ?? { n: 0, hits: 0, place };
    groups.set(label, { n: group.n + 1, hits: group.hits + (right ? 1 : 0), place });
  }
  const sorted = [...groups].sort(([a, one], [b, other]) => one.place - other.place || (a < b ? -1 : 1));
  return {
    column,
    groups: sorted.map(([value, { n, hits }]) =>
      n < min ? { value, n } : { value, n, accuracy: hits / n, interval: wilsonInterval(hits, n) },
    ),
    unknown: values.length - known.length,
  };
}

type Labeller = (value: string) => { readonly label: string; readonly place: number };

/** Labels groups by value, in numeric order if all values are numbers, or by quartile if there are many distinct numbers. */
function groupLabels(values: readonly string[]): Labeller {
  const numbers = values.map(Number);
  if (!numbers.every(Number.isFinite)) return (value) => ({ label: value, place: 0 });
  if (new Set(numbers).size <= maxNumbers) return (value) => ({ label: value, place: Number(value) });
  const sorted = numbers.toSorted((a, b) => a - b);
  const edges = [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * sorted.length)]);
  const bounds = [...new Set([sorted[0], ...edges])];
  const last = sorted[sorted.length - 1];
  return (value) => {
    const place = bounds.findLastIndex((bound) => Number(value) >= bound);
    const end = place === bounds.length - 1 ? `${last}` : `below ${bounds[place + 1]}`;
    return { label: `${bounds[place]} to ${end}`, place };
  };
}
