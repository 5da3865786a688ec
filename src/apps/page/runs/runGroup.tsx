/** Card with the runs of one folder: a table on wide screens, a list of cards on phones. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { percent } from "../../../evaluation/rows.ts";
import type { Spread } from "../../../evaluation/spread.ts";
import { Icon } from "../parts/icons.tsx";
import { bestRow, dateOf, type RunGroup, type RunRow, type Sorting, type SortKey } from "./groups.ts";
import { ReportButton } from "./reportDialog.tsx";
import type { RunSummary } from "./runs.ts";
import { Sparkline } from "./sparkline.tsx";

export interface RunGroupProps {
  readonly group: RunGroup;
  readonly sorting: Sorting;
  readonly sort: (sorting: Sorting) => void;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (name: string, isChosen: boolean) => void;
}

interface Column {
  readonly title: string;
  readonly by?: SortKey;
  readonly isNumber?: boolean;
}

const columns: readonly Column[] = [
  { title: "Run", by: "name" },
  { title: "Accuracy", by: "accuracy", isNumber: true },
  { title: "UAR", by: "uar", isNumber: true },
  { title: "Epochs" },
  { title: "Seed", isNumber: true },
  { title: "Learning rate", by: "lr", isNumber: true },
  { title: "Date", by: "changed" },
  { title: "Report" },
];

export function RunGroupCard({ group, sorting, sort, chosen, choose }: RunGroupProps): VNode {
  const title = group.folder === "" ? "Single runs" : group.folder;
  const best = bestRow(group);
  const [{ dataset, backbone }] = group.rows[0].runs;
  const count = group.rows.reduce((sum, { runs }) => sum + runs.length, 0);
  return (
    <section class="card run-group" aria-label={title}>
      <div class="card-head">
        <h2 class="card-title">{title}</h2>
        <span class="muted">{`${count === 1 ? "1 run" : `${count} runs`} · ${dataset} · ${backbone}`}</span>
      </div>
      <table class="runs">
        <caption class="sight">{`Runs of ${title}, best epoch on the validation split`}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="sight">Compare</span>
            </th>
            {columns.map((column) => (
              <Heading key={column.title} column={column} sorting={sorting} sort={sort} />
            ))}
          </tr>
        </thead>
        {group.rows.map((row) => (
          <RowBody key={row.runs[0].name} row={row} isBest={row === best} chosen={chosen} choose={choose} />
        ))}
      </table>
    </section>
  );
}

interface RowBodyProps extends Pick<RunGroupProps, "chosen" | "choose"> {
  readonly row: RunRow;
  readonly isBest: boolean;
}

/** A run, or the mean of several seeds, which are shown on request. */
function RowBody({ row, isBest, chosen, choose }: RowBodyProps): VNode {
  const isOpen = useSignal(false);
  const isMean = row.runs.length > 1;
  const toggle = () => {
    isOpen.value = !isOpen.value;
  };
  return (
    <tbody>
      {isMean && <MeanRow row={row} isBest={isBest} isOpen={isOpen.value} toggle={toggle} />}
      {(!isMean || isOpen.value) &&
        row.runs.map((run) => (
          <Row
            key={run.name}
            run={run}
            name={isMean ? `seed ${run.seed}` : row.name}
            isSeed={isMean}
            isBest={isBest && !isMean}
            isChosen={chosen.has(run.name)}
            choose={choose}
          />
        ))}
    </tbody>
  );
}

interface HeadingProps {
  readonly column: Column;
  readonly sorting: Sorting;
  readonly sort: (sorting: Sorting) => void;
}

function Heading({ column: { title, by, isNumber }, sorting, sort }: HeadingProps): VNode {
  const isSorted = by === sorting.by;
  const order = sorting.isDescending ? "descending" : "ascending";
  return (
    <th scope="col" class={isNumber ? "number" : ""} aria-sort={isSorted ? order : undefined}>
      {by === undefined ? (
        title
      ) : (
        <button
          type="button"
          class={`sort-button ${isSorted ? order : ""}`}
          onClick={() => sort({ by, isDescending: isSorted ? !sorting.isDescending : by !== "name" })}
        >
          {title}
        </button>
      )}
    </th>
  );
}

const Best = (): VNode => (
  <span class="best">
    <Icon name="trophy" />
    best
  </span>
);

interface MeanRowProps {
  readonly row: RunRow;
  readonly isBest: boolean;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

const MeanRow = ({ row, isBest, isOpen, toggle }: MeanRowProps): VNode => (
  <tr class="mean">
    <td class="choose">
      <button
        type="button"
        class={`quiet fold ${isOpen ? "open" : ""}`}
        aria-expanded={isOpen}
        aria-label={`${row.runs.length} seeds of ${row.name}`}
        onClick={toggle}
      >
        <Icon name="down" />
      </button>
    </td>
    <th scope="row">
      {row.name} {isBest && <Best />}
      <span class="muted block">{row.runs[0].variant}</span>
    </th>
    <td class="number" data-label="Accuracy">
      {spreadText(row.accuracy)}
    </td>
    <td class="number" data-label="UAR">
      {spreadText(row.uar)}
    </td>
    <td data-label="Epochs">
      <Sparkline runs={row.runs} />
    </td>
    <td class="number" data-label="Seeds">
      {row.runs.map(({ seed }) => seed).join(", ")}
    </td>
    <td class="number" data-label="Learning rate">
      {row.runs[0].lr}
    </td>
    <td />
    <td />
  </tr>
);

interface RowProps {
  readonly run: RunSummary;
  readonly name: string;
  /** whether the row is one of several seeds, below their mean */
  readonly isSeed: boolean;
  readonly isBest: boolean;
  readonly isChosen: boolean;
  readonly choose: (name: string, isChosen: boolean) => void;
}

const Row = ({ run, name, isSeed, isBest, isChosen, choose }: RowProps): VNode => (
  <tr class={`${isSeed ? "seed" : ""} ${isChosen ? "chosen" : ""}`}>
    <td class="choose">
      <input
        type="checkbox"
        checked={isChosen}
        aria-label={`compare ${run.name}`}
        onChange={({ currentTarget }) => choose(run.name, currentTarget.checked)}
      />
    </td>
    <th scope="row">
      {name} {isBest && <Best />}
      {!isSeed && <span class="muted block">{run.variant}</span>}
      {!run.finished && <span class="note block">not finished</span>}
      {run.protocol !== undefined && <span class="note block">paper protocol: chosen on the test split</span>}
    </th>
    <td class="number" data-label="Accuracy">
      {run.metrics && percent(run.metrics.accuracy)}
      {run.intervals && <span class="muted block">{intervalText(run.intervals.accuracy)}</span>}
    </td>
    <td class="number" data-label="UAR">
      {run.metrics && percent(run.metrics.uar)}
    </td>
    <td data-label="Epochs">
      <Sparkline runs={[run]} />
    </td>
    <td class="number" data-label="Seed">
      {run.seed}
    </td>
    <td class="number" data-label="Learning rate">
      {run.lr}
    </td>
    <td data-label="Date">{dateOf(run) !== "" && dateText(dateOf(run))}</td>
    <td>{run.report && <ReportButton name={run.name} />}</td>
  </tr>
);

/** "75.00 ± 2.10 %". */
function spreadText(value: Spread | undefined): string {
  if (value === undefined) return "";
  const { mean, sd } = value;
  return sd === undefined ? percent(mean) : `${(100 * mean).toFixed(2)} ± ${percent(sd)}`;
}

const intervalText = ([low, high]: readonly [number, number]): string =>
  `${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)} %`;

const dateText = (iso: string): string =>
  new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
