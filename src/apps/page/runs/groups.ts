/** Runs in groups: by folder, and within it those that differ in their seed only. */
import { type Spread, spread } from "../../../evaluation/spread.ts";
import type { RunSummary } from "./runs.ts";

/** Runs of one folder, such as the cells of an ablation. */
export interface RunGroup {
  /** path of the folder; empty for the folder of runs itself */
  readonly folder: string;
  readonly rows: readonly RunRow[];
}

/** Runs that differ in their seed only. */
export interface RunRow {
  /** name in the folder, without the seed */
  readonly name: string;
  readonly runs: readonly RunSummary[];
  /** over the runs that have metrics; absent if none has */
  readonly accuracy?: Spread;
  readonly uar?: Spread;
}

export type SortKey = "name" | "accuracy" | "uar" | "lr" | "changed";

/** When a run began, ISO 8601; of an older record, when it was last written; empty if neither is known. */
export const dateOf = ({ startedAt, changed = "" }: RunSummary): string => startedAt ?? changed;

/** Order of rows. */
export interface Sorting {
  readonly by: SortKey;
  readonly isDescending: boolean;
}

/** Groups runs by folder in the order of their paths; rows are sorted, and those without a value are last. */
export function groupRuns(runs: readonly RunSummary[], sorting: Sorting): readonly RunGroup[] {
  const folders = partition(runs, ({ name }) => folderOf(name));
  return [...folders].map(([folder, own]) => {
    const rows = [...partition(own, ({ settings, backbone }) => `${settings}\n${backbone}`).values()].flatMap(seedRows);
    return { folder, rows: rows.sort((a, b) => compareRows(a, b, sorting)) };
  });
}

/**
 * Row of the highest mean accuracy of a group with several rows; undefined where that is shared. Runs by the paper's protocol do not
 * compete, as they chose their epoch on the test split.
 */
export function bestRow({ rows }: RunGroup): RunRow | undefined {
  const scored = rows.filter(
    ({ accuracy, runs }) => accuracy !== undefined && runs.every(({ protocol }) => protocol === undefined),
  );
  const [first, second] = [...scored].sort((a, b) => meanOf(b) - meanOf(a));
  return second === undefined || meanOf(first) === meanOf(second) ? undefined : first;
}

/** Whether a run matches a filter text: every word is in its name, variant, data set or backbone. */
export function matches({ name, variant, dataset, backbone }: RunSummary, filter: string): boolean {
  const text = `${name} ${variant} ${dataset} ${backbone}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const meanOf = (row: RunRow): number => row.accuracy?.mean ?? Number.NEGATIVE_INFINITY;
const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")));
const baseOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** Name in the folder without the seed at its end, as in `all-3` and `all-seed3`. */
function nameWithoutSeed({ name, seed }: RunSummary): string {
  const base = baseOf(name);
  const ending = new RegExp(`[-_.]?(seed)?[-_=]?${seed}$`, "i");
  return base.replace(ending, "") || base;
}

/** Rows of runs with the same settings: one, or one for each name where a seed was run twice. */
function seedRows(runs: readonly RunSummary[]): readonly RunRow[] {
  const areSeeds = new Set(runs.map(({ seed }) => seed)).size === runs.length;
  return areSeeds ? [rowOf(runs)] : [...partition(runs, nameWithoutSeed).values()].map(rowOf);
}

function rowOf(runs: readonly RunSummary[]): RunRow {
  const scored = runs.flatMap(({ metrics }) => (metrics === undefined ? [] : [metrics]));
  const name = runs.length > 1 ? [...new Set(runs.map(nameWithoutSeed))].join(", ") : baseOf(runs[0].name);
  if (scored.length === 0) return { name, runs };
  return {
    ...{ name, runs },
    accuracy: spread(scored.map(({ accuracy }) => accuracy)),
    uar: spread(scored.map(({ uar }) => uar)),
  };
}

const values: Readonly<Record<SortKey, (row: RunRow) => number | string | undefined>> = {
  name: ({ name }) => name,
  accuracy: ({ accuracy }) => accuracy?.mean,
  uar: ({ uar }) => uar?.mean,
  lr: ({ runs }) => runs[0].lr,
  changed: ({ runs }) => runs.map(dateOf).sort().at(-1),
};

function compareRows(a: RunRow, b: RunRow, { by, isDescending }: Sorting): number {
  const [first, second] = [values[by](a), values[by](b)];
  if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined);
  const order =
    typeof first === "number" && typeof second === "number"
      ? first - second
      : collator.compare(`${first}`, `${second}`);
  return isDescending ? -order : order;
}

const collator = new Intl.Collator("en", { numeric: true });

function partition<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const parts = new Map<string, T[]>();
  for (const item of items) {
    const part = parts.get(keyOf(item));
    if (part === undefined) parts.set(keyOf(item), [item]);
    else part.push(item);
  }
  return parts;
}
