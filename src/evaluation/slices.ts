/** Figures of parts of the images: by a column of metadata, each part with how sure its figure is. */
import { type Interval, wilsonInterval } from "./intervals.ts";

export interface SliceGroup {
  /** the column's value, or the range of values */
  readonly value: string;
  /** images */
  readonly n: number;
  /** share that is right; withheld where the group is too small to tell */
  readonly accuracy?: number;
  /** its 95 % Wilson interval */
  readonly interval?: Interval;
}

export interface Slice {
  readonly column: string;
  /** in the order of values */
  readonly groups: readonly SliceGroup[];
  /** images without a value in this column */
  readonly unknown: number;
}

export interface SliceOptions {
  /** least images of a group whose figure is told */
  readonly min: number;
}

/** A column with more distinct numbers than this is cut into quarters of its images. */
const maxNumbers = 12;

/** Accuracy by the values of a column: `values[i]` is that of image i, "" where there is none. */
export function sliceBy(
  column: string,
  values: readonly string[],
  isRight: readonly boolean[],
  { min: least }: SliceOptions,
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
      n < least ? { value, n } : { value, n, accuracy: hits / n, interval: wilsonInterval(hits, n) },
    ),
    unknown: values.length - known.length,
  };
}

type Labeller = (value: string) => { readonly label: string; readonly place: number };

/** Values as they are, in numeric order where all are numbers; many numbers as the quarters that they fall into. */
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
