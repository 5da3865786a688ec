/** The page of an ablation: its table, its rows against each other, and what it was made with. */
import { html, type Markup } from "../report/markup.ts";
import { page, type Section } from "../report/page.ts";
import { record, table } from "../report/tables.ts";
import { type RowPlot, rowPlots } from "./rowPlots.ts";
import type { RowSummary } from "./summary.ts";
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

export interface AblationReport {
  readonly table: string;
  readonly dataset: string;
  readonly backbone: string;
  readonly rows: readonly RowSummary[];
  readonly notes: TableNotes;
  /** `table.json` */
  readonly record: unknown;
}

const titles: Readonly<Record<string, string>> = {
  components: "Table 1: the parts of the method",
  prompts: "Table 2: hard prompts and soft-hard alignment",
  prototypes: "Table 3: images that make a prototype",
  backbones: "Table 4: backbones",
};

export function ablationReport({ table: name, dataset, backbone, rows, notes, record: all }: AblationReport): string {
  const { split, protocol, seeds } = notes;
  const on = `Data set of kind ${dataset}${name === "backbones" ? "" : `, backbone ${backbone}`}`;
  const plots = (scores: readonly RowPlot[], where: string): Markup => rowPlots(scores, where);
  const sentences = tableNotes(rows, notes).map((note) => html`<p>${note.replaceAll("**", "")}</p>`);
  return page({
    title: titles[name] ?? name,
    lead: `${on}, ${seeds.length} ${seeds.length === 1 ? "run" : "runs"} a row, on the ${split} split.${protocol ? ` Not a figure of unseen data — ${protocol}.` : ""}`,
    sections: [
      {
        heading: "The table",
        body: html`${table({ heads: mainHeads, rows: rows.map(plain(mainCells)) })}${sentences}`,
      },
      { heading: "Row against row", body: plots(rows, `${split} split`) },
      ...testSection(rows, notes),
      { heading: "The record", body: record("table.json: every figure and setting", all) },
    ],
  });
}

function testSection(rows: readonly RowSummary[], notes: TableNotes): Section[] {
  const tested = rows.flatMap(({ name, test }) => (test ? [{ name, ...test }] : []));
  if (tested.length === 0) return [];
  const cells = tested.map((row) => plain(() => scoreCells(row.name, row))(row));
  const body = html`${table({ heads: scoreHeads, rows: cells })}<p>${testNote(notes)}</p>${rowPlots(tested, "test split")}`;
  return [{ heading: testHeading, body }];
}

/** Cells without Markdown's marks. */
const plain =
  <Row>(cells: (row: Row) => readonly string[]) =>
  (row: Row): readonly string[] =>
    cells(row).map((cell) => cell.replaceAll("`", ""));
