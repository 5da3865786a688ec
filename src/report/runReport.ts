/** The report of a training run, from its records alone. */
import type { MetricRecord } from "../evaluation/metricRecord.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { percent } from "../evaluation/percent.ts";
import { lossCurves, validationCurve } from "./curves.ts";
import { html } from "./markup.ts";
import { page, type Section } from "./page.ts";
import { lossPlots, validationPlot } from "./plots.ts";
import { classTable, confusionTable, record, table } from "./tables.ts";

export interface RunReport {
  readonly variant: string;
  readonly dataset: string;
  readonly backbone: string;
  readonly seed: number;
  readonly finished: boolean;
  readonly steps: number;
  readonly epochs: number;
  readonly best?: { readonly epoch: number };
  /** of the best epoch's prompts on the validation split */
  readonly metrics?: Metrics;
  readonly records: readonly MetricRecord[];
  /** `run.json` */
  readonly manifest: unknown;
}

export function runReport(run: RunReport): string {
  const state = run.finished ? "finished" : "not finished";
  return page({
    title: `${run.variant} on ${run.dataset}`,
    lead: `Backbone ${run.backbone}, seed ${run.seed}, ${run.steps} steps, ${run.epochs} epochs, ${state}.`,
    sections: [
      ...scores(run),
      ...curves(run.records),
      { heading: "The record", body: record("run.json: what was run, on what, with which result", run.manifest) },
    ],
  });
}

function scores({ metrics, best }: RunReport): Section[] {
  if (metrics === undefined || best === undefined) return [];
  const heads = ["", "accuracy", "UAR", "ECE", "images"];
  const row = [
    `epoch ${best.epoch + 1}`,
    percent(metrics.accuracy),
    percent(metrics.uar),
    percent(metrics.ece),
    metrics.n,
  ];
  const note = html`<p>The best epoch by accuracy on the <em>validation</em> split. A figure that was chosen among epochs on
the split it is measured on flatters a little; the test split was not read.</p>`;
  return [
    { heading: "Validation", body: html`${table({ heads, rows: [row] })}${note}` },
    { heading: "Classes", body: classTable(metrics) },
    { heading: "Confusion", body: confusionTable(metrics) },
  ];
}

function curves(records: readonly MetricRecord[]): Section[] {
  const validation = validationCurve(records);
  const losses = lossCurves(records);
  return [
    ...(validation.length > 0
      ? [{ heading: "Epochs", body: html`<div class="plots">${validationPlot(validation)}</div>` }]
      : []),
    ...(losses.length > 0 ? [{ heading: "Loss terms", body: lossPlots(losses) }] : []),
  ];
}
