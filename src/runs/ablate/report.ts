/** HTML report of an ablation: the table, plots of its rows, and the recorded settings. */
import { figureMarkup, type Origin } from "../report/figure.ts";
import { html, type Markup, page, type Section } from "../report/page.ts";
import { record } from "../report/tables.ts";
import { ablationFigures, titles } from "./figures.ts";
import type { RowSummary } from "./summary.ts";
import { paperSizes, type TableNotes, tableCaveats, testHeading, testNote } from "./table.ts";

/** Contents of the report. */
export interface AblationReport {
  readonly table: string;
  readonly dataset: string;
  readonly backbone: string;
  readonly rows: readonly RowSummary[];
  readonly notes: TableNotes;
  readonly origin: Origin;
  /** contents of `table.json` */
  readonly record: unknown;
}

/** Renders the report as a self-contained HTML page. */
export function ablationReport({
  table: name,
  dataset,
  backbone,
  rows,
  notes,
  origin,
  record: all,
}: AblationReport): string {
  const { split, protocol, seeds } = notes;
  const on = `Data set of kind ${dataset}${name === "backbones" ? "" : `, backbone ${backbone}`}`;
  const figures = ablationFigures(rows, { table: name, split, seeds, protocol });
  const drawn = (names: readonly string[]) =>
    figures.filter((figure) => names.includes(figure.name)).map((figure) => figureMarkup(figure, origin));
  const sentences = [...tableCaveats(notes), ...paperSizes(rows)].map((note) => html`<p>${note}</p>`);
  return page({
    title: titles[name] ?? name,
    lead: `${on}, ${seeds.length} ${seeds.length === 1 ? "run" : "runs"} a row, on the ${split} split.${protocol ? ` Not a figure of unseen data — ${protocol}.` : ""}`,
    sections: [
      {
        heading: "The table",
        body: html`${drawn(["table"])}${sentences}`,
      },
      { heading: "Figures", body: html`${drawn(["accuracy", "gain"])}` },
      ...testSection(notes, drawn(["test-table"]), drawn(["test-accuracy", "test-gain"])),
      { heading: "The record", body: record("table.json: every figure and setting", all) },
    ],
  });
}

function testSection(notes: TableNotes, tables: readonly Markup[], plots: readonly Markup[]): Section[] {
  if (tables.length === 0) return [];
  return [{ heading: testHeading, body: html`${tables}<p>${testNote(notes)}</p>${plots}` }];
}
