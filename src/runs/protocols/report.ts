/** HTML report of a protocol: its figures, and the recorded settings. */
import { figureMarkup, type Origin } from "../report/figure.ts";
import { html, page } from "../report/page.ts";
import { record } from "../report/tables.ts";
import { protocolTitles } from "./facts.ts";
import { protocolFigures } from "./figures.ts";
import { type ProtocolTable, protocolNotes } from "./table.ts";

/** Contents of the report. */
export interface ProtocolReport {
  readonly table: ProtocolTable;
  readonly dataset: string;
  readonly backbone: string;
  readonly variant: string;
  readonly origin: Origin;
  /** contents of `table.json` */
  readonly record: unknown;
}

/** Renders the report as a self-contained HTML page. */
export function protocolReport({ table, dataset, backbone, variant, origin, record: all }: ProtocolReport): string {
  const { protocol, seeds, split } = table;
  const runs = `${seeds.length} ${seeds.length === 1 ? "run" : "runs"} a row`;
  const [picture, ...tables] = protocolFigures(table).map((figure) => figureMarkup(figure, origin));
  return page({
    title: protocolTitles[protocol],
    lead: `Data set of kind ${dataset}, backbone ${backbone}, variant ${variant}, ${runs}, on the ${split} split.`,
    sections: [
      { heading: "The picture", body: picture },
      { heading: "The table", body: html`${tables}${protocolNotes(table).map((note) => html`<p>${note}</p>`)}` },
      { heading: "The record", body: record("table.json: every figure and setting", all) },
    ],
  });
}
