/** HTML report of a protocol: its tables, its picture, and the recorded settings. */
import { html, type Markup, page } from "../report/page.ts";
import { record, table } from "../report/tables.ts";
import type { ProtocolName } from "./options.ts";
import { matrixPlot, runPlot, shotCurve } from "./plots.ts";
import {
  matrixCells,
  matrixHeads,
  type ProtocolTable,
  protocolCells,
  protocolHeads,
  protocolNotes,
  summaryCells,
  summaryHeads,
} from "./table.ts";

/** Contents of the report. */
export interface ProtocolReport {
  readonly table: ProtocolTable;
  readonly dataset: string;
  readonly backbone: string;
  readonly variant: string;
  /** contents of `table.json` */
  readonly record: unknown;
}

const titles: Readonly<Record<ProtocolName, string>> = {
  "few-shot": "Few-shot learning",
  "base-to-new": "From base to new classes",
  "cross-data": "Across data sets",
  "leave-one-class-out": "Classes left out",
  "k-fold": "Cross-validation",
};

/** Renders the report as a self-contained HTML page. */
export function protocolReport({ table: given, dataset, backbone, variant, record: all }: ProtocolReport): string {
  const { protocol, seeds, split } = given;
  const runs = `${seeds.length} ${seeds.length === 1 ? "run" : "runs"} a row`;
  const notes = protocolNotes(given).map((note) => html`<p>${note}</p>`);
  const summary = given.summary.length > 0 ? table({ heads: summaryHeads, rows: summaryCells(given) }) : undefined;
  return page({
    title: titles[protocol],
    lead: `Data set of kind ${dataset}, backbone ${backbone}, variant ${variant}, ${runs}, on the ${split} split.`,
    sections: [
      { heading: "The picture", body: picture(given) },
      {
        heading: "The table",
        body: html`${protocol === "cross-data" ? table({ heads: matrixHeads(given), rows: matrixCells(given) }) : undefined}
${table({ heads: protocolHeads(protocol), rows: protocolCells(given) })}${summary}${notes}`,
      },
      { heading: "The record", body: record("table.json: every figure and setting", all) },
    ],
  });
}

function picture({ protocol, rows, split }: ProtocolTable): Markup {
  if (protocol === "few-shot") return shotCurve(rows, `${split} split`);
  return protocol === "cross-data" ? matrixPlot(rows) : runPlot(rows, `${split} split`);
}
