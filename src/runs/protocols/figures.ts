/** Figures of protocols: the plot, the table, and its summary. */
import type { Column, DataTable } from "../report/dataTable.ts";
import type { Figure } from "../report/figure.ts";
import { estimate, type ProtocolFacts, protocolTitles, spreadText } from "./facts.ts";
import type { ProtocolName } from "./options.ts";
import { plots } from "./plots.ts";

/** All figures of a protocol. */
export function protocolFigures(facts: ProtocolFacts): Figure[] {
  const figures = [plots[facts.protocol](facts), tableFigure(facts), ...summaryTable(facts)];
  const { caveat } = facts;
  if (caveat === undefined) return figures;
  return figures.map((figure) => ({ ...figure, caption: `Not a figure of unseen data: ${caveat}. ${figure.caption}` }));
}

const firstHeads: Readonly<Record<ProtocolName, string>> = {
  "few-shot": "images a class",
  "base-to-new": "trained on",
  "cross-data": "trained on",
  "leave-one-class-out": "left out",
  "k-fold": "fold",
};

function tableFigure({ protocol, split, seeds, rows }: ProtocolFacts): Figure {
  const columns: readonly Column[] = [
    { head: firstHeads[protocol], format: "plain" },
    { head: "scored on", format: "plain" },
    { head: "images", format: "plain" },
    { head: "accuracy", format: "percent" },
    { head: "UAR", format: "percent" },
    ...(protocol === "few-shot"
      ? [{ head: "gain", format: "points" } as const, { head: "p", format: "decimal" } as const]
      : []),
    ...(protocol === "leave-one-class-out" ? [{ head: "its recall", format: "percent" } as const] : []),
  ];
  const gainNote = protocol === "few-shot" ? " Gain over the previous row, with 95 % paired bootstrap intervals." : "";
  return {
    ...{ name: "table", title: protocolTitles[protocol] },
    caption: `On the ${split} split; ${spreadText(seeds)}.${gainNote}`,
    data: {
      columns,
      rows: rows.flatMap(({ name, scores }) =>
        scores.map(({ on, images, accuracy, uar, gain, recall }) => [
          ...[name, on, images, estimate(accuracy), estimate(uar)],
          ...(protocol === "few-shot" ? [gain && { value: gain.difference, interval: gain.interval }, gain?.p] : []),
          ...(protocol === "leave-one-class-out" ? [recall && estimate(recall)] : []),
        ]),
      ),
    },
  };
}

function summaryTable({ protocol, split, summary }: ProtocolFacts): Figure[] {
  if (summary.length === 0) return [];
  const data: DataTable = {
    columns: [
      { head: "figure", format: "plain" },
      { head: "value", format: "percent" },
    ],
    rows: summary.map(({ name, value }) => [name, estimate(value)]),
  };
  const over = [...new Set(summary.flatMap(({ value, over }) => (value.sd === undefined ? [] : [over])))];
  const caption = `On the ${split} split${over.length > 0 ? `; ± standard deviation over ${over.join(" or ")}` : ""}.`;
  return [{ name: "summary", title: `${protocolTitles[protocol]}, summed up`, caption, data }];
}
