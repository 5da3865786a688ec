/** HTML report of a learning-rate range test. */

import * as Plot from "@observablehq/plot";
import { counted } from "../../platform/counts.ts";
import { html, type Markup, page } from "./page.ts";
import { draw } from "./plot.ts";
import { record, table } from "./tables.ts";

/** A range test, as recorded. */
export interface LrRangeRecord {
  readonly suggestion?: { readonly lr: number; readonly atLowest: number; readonly atSteepest: number };
  /** why the test ended before its last step */
  readonly ended?: string;
  readonly points: readonly { readonly lr: number; readonly loss: number; readonly smoothed: number }[];
  readonly config: { readonly variant: string; readonly dataset: string; readonly seed: number };
  readonly backbone: { readonly name: string };
}

/** Renders the report as a self-contained HTML page. */
export function lrRangeReport(test: LrRangeRecord): string {
  const { config, backbone, points, ended } = test;
  const end = ended === undefined ? "" : ` It ended early: ${ended}.`;
  return page({
    title: `Learning-rate range test: ${config.variant} on ${config.dataset}`,
    lead: `Backbone ${backbone.name}, seed ${config.seed}, ${counted(points.length, "step")}.${end}`,
    sections: [
      { heading: "Suggestion", body: suggestionTable(test) },
      { heading: "Curve", body: curve(test) },
      { heading: "The record", body: record("lr-range.json", test) },
    ],
  });
}

/** A learning rate in at most three significant digits. */
export const rateText = (lr: number): string => String(Number(lr.toPrecision(3)));

function suggestionTable({ suggestion }: LrRangeRecord): Markup {
  if (suggestion === undefined) {
    return html`<p>The loss did not fall by more than its noise from batch to batch, so there is no suggestion. Take more
steps, larger batches or another range.</p>`;
  }
  const { lr, atLowest, atSteepest } = suggestion;
  const rows = [
    ["suggested: a tenth of the rate at the lowest loss", rateText(lr)],
    ["rate at the lowest loss", rateText(atLowest)],
    ["rate where the loss falls fastest", rateText(atSteepest)],
  ];
  return html`${table({ heads: ["", "learning rate"], rows })}<p>The losses are smoothed. The suggestion is a start for a
search on the validation split, not a result.</p>`;
}

function curve({ points, suggestion }: LrRangeRecord): Markup {
  const marks = suggestion ? [suggestion.lr] : [];
  const svg = draw("training loss against the learning rate", {
    ...{ width: 640, height: 320 },
    x: { label: "learning rate", type: "log", tickFormat: "~e", ticks: 6 },
    y: { label: null, ticks: 5, grid: true, domain: range(points) },
    marks: [
      Plot.ruleX(marks, { stroke: "var(--two)", strokeDasharray: "6,3", strokeWidth: 2 }),
      Plot.lineY(points, { x: "lr", y: "loss", stroke: "var(--one)", strokeOpacity: 0.4, clip: true }),
      Plot.lineY(points, { x: "lr", y: "smoothed", stroke: "var(--one)", strokeWidth: 2, clip: true }),
    ],
  });
  return html`<figure>${svg}<figcaption><span class="key" style="background:var(--one);opacity:.5"></span>L_total of each step
<span class="key" style="background:var(--one);margin-left:1em"></span>smoothed
<span class="key" style="background:var(--two);margin-left:1em"></span>suggested (dashed)</figcaption></figure>`;
}

/** The y axis: from the lowest loss to twice the first, so that a divergence does not flatten the rest. */
function range(points: LrRangeRecord["points"]): [number, number] {
  const losses = points.flatMap(({ loss, smoothed }) => [loss, smoothed]);
  const highest = Math.max(...losses);
  return [Math.min(...losses), Math.min(highest, 2 * (points[0]?.smoothed ?? highest))];
}
