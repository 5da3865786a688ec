/** HTML report of an ablation: the table, plots of its rows, and the recorded settings. */
import * as Plot from "@observablehq/plot";
import { draw, html, type Markup, page, type Section } from "../report/page.ts";
import { record, table } from "../report/tables.ts";
import type { RowScores, RowSummary } from "./summary.ts";
import {
  mainCells,
  mainHeads,
  scoreCells,
  scoreHeads,
  type TableNotes,
  tableNotes,
  testHeading,
  testNote,
} from "./table.ts";

/** Contents of the report. */
export interface AblationReport {
  readonly table: string;
  readonly dataset: string;
  readonly backbone: string;
  readonly rows: readonly RowSummary[];
  readonly notes: TableNotes;
  /** contents of `table.json` */
  readonly record: unknown;
}

const titles: Readonly<Record<string, string>> = {
  components: "Table 1: the parts of the method",
  prompts: "Table 2: hard prompts and soft-hard alignment",
  prototypes: "Table 3: images that make a prototype",
  backbones: "Table 4: backbones",
};

/** Renders the report as a self-contained HTML page. */
export function ablationReport({ table: name, dataset, backbone, rows, notes, record: all }: AblationReport): string {
  const { split, protocol, seeds } = notes;
  const on = `Data set of kind ${dataset}${name === "backbones" ? "" : `, backbone ${backbone}`}`;
  const plots = (scores: readonly RowPlot[], where: string): Markup => rowPlots(scores, where);
  const sentences = tableNotes(rows, notes).map((note) => html`<p>${note}</p>`);
  return page({
    title: titles[name] ?? name,
    lead: `${on}, ${seeds.length} ${seeds.length === 1 ? "run" : "runs"} a row, on the ${split} split.${protocol ? ` Not a figure of unseen data — ${protocol}.` : ""}`,
    sections: [
      {
        heading: "The table",
        body: html`${table({ heads: mainHeads, rows: rows.map(mainCells) })}${sentences}`,
      },
      { heading: "Row against row", body: plots(rows, `${split} split`) },
      ...testSection(rows, notes),
      { heading: "The record", body: record("table.json: every figure and setting", all) },
    ],
  });
}

/** Scores of a row with its name. */
export type RowPlot = RowScores & { readonly name: string };

/** Height of a row in the plots, pixels. */
const rowHeight = 26;
/** Mean width of a character in row names, pixels. */
const letterWidth = 6;

/** Two plots side by side: the accuracy of each run, and the gain of each row over the row above. */
export function rowPlots(rows: readonly RowPlot[], where: string): Markup {
  const height = 60 + rowHeight * rows.length;
  const names = rows.map(({ name }) => shortened(name));
  const shared = { height, marginLeft: 12 + letterWidth * Math.max(...names.map((name) => name.length)) };
  const y = { domain: names, label: null, tickSize: 0 } as const;
  const runs = rows.flatMap(({ runs: cells }, place) =>
    cells.map(({ accuracy }) => ({ name: names[place], accuracy })),
  );
  const means = rows.map(({ accuracy }, place) => ({ name: names[place], accuracy: accuracy.mean }));
  const reached = draw(`accuracy of each row's runs on the ${where}`, {
    ...shared,
    y,
    x: { label: "accuracy, percent", percent: true, ticks: 5, grid: true, nice: true },
    marks: [
      Plot.dot(runs, { x: "accuracy", y: "name", fill: "var(--one)", fillOpacity: 0.6, r: 3 }),
      Plot.tickX(means, { x: "accuracy", y: "name", stroke: "var(--two)", strokeWidth: 3, inset: 5 }),
    ],
  });
  const gains = rows.flatMap(({ gain }, place) =>
    gain ? [{ name: names[place], gain: gain.difference, low: gain.interval[0], high: gain.interval[1] }] : [],
  );
  const gained = draw(`accuracy gained over the row above on the ${where}`, {
    ...shared,
    y,
    x: { label: "gain over the row above, points", percent: true, ticks: 5, grid: true, nice: true },
    marks: [
      Plot.ruleX([0], { stroke: "currentColor", strokeDasharray: "4,4" }),
      Plot.ruleY(gains, { y: "name", x1: "low", x2: "high", stroke: "var(--one)", strokeWidth: 2 }),
      Plot.dot(gains, { x: "gain", y: "name", fill: "var(--one)", r: 4 }),
    ],
  });
  return html`<div class="plots"><figure>${reached}<figcaption><span class="key" style="background:var(--one);opacity:.6">
</span>each run <span class="key" style="background:var(--two);margin-left:1em"></span>their mean</figcaption></figure>
<figure>${gained}<figcaption>with 95 % paired bootstrap intervals</figcaption></figure></div>`;
}

/** Row name cut to 24 characters, keeping the end, which identifies a backbone's path. */
const shortened = (name: string): string => (name.length <= 24 ? name : `…${name.slice(-23)}`);

function testSection(rows: readonly RowSummary[], notes: TableNotes): Section[] {
  const tested = rows.flatMap(({ name, test }) => (test ? [{ name, ...test }] : []));
  if (tested.length === 0) return [];
  const cells = tested.map((row) => scoreCells(row.name, row));
  const body = html`${table({ heads: scoreHeads, rows: cells })}<p>${testNote(notes)}</p>${rowPlots(tested, "test split")}`;
  return [{ heading: testHeading, body }];
}
