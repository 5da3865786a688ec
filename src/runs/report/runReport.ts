/** The report of a training run, from its records alone. */
import { selectionLabel } from "../../data/sample.ts";
import { coverageCurve, reliability } from "../../evaluation/calibration.ts";
import { certainty } from "../../evaluation/metrics.ts";
import type { PredictionTable } from "../../evaluation/predictions.ts";
import { percent, percentRange } from "../../evaluation/rows.ts";
import type { RecordedRun, RunManifest } from "../manifest.ts";
import type { MetricRecord } from "../runFolder.ts";
import { html, page, type Section } from "./page.ts";
import { coveragePlot, lossCurves, lossPlots, reliabilityPlot, validationCurve, validationPlot } from "./plots.ts";
import { classTable, confusionTable, type MistakeGallery, mistakeGallery, record, table } from "./tables.ts";

export interface RunReport {
  readonly manifest: RunManifest;
  /** all of `run.json` */
  readonly record: RecordedRun["record"];
  readonly records: readonly MetricRecord[];
  /** the best epoch's answers on the split that it was chosen on */
  readonly predictions?: PredictionTable;
  readonly mistakes?: MistakeGallery;
}

export function runReport(run: RunReport): string {
  const { config, backbone, seed, steps, epochs, finished, selection } = run.manifest;
  const label = selectionLabel(selection);
  const state = finished ? "finished" : "not finished";
  const lead = `Backbone ${backbone.name}, seed ${seed}, ${steps} steps, ${epochs} epochs, ${state}.`;
  return page({
    title: `${config.variant} on ${config.dataset}`,
    lead: label === undefined ? lead : `${lead} Not a figure of unseen data — ${label}.`,
    sections: [
      ...scores(run.manifest),
      ...testSection(run.manifest),
      ...answers(run),
      ...curves(run.records, selection),
      { heading: "The record", body: record("run.json: what was run, on what, with which result", run.record) },
    ],
  });
}

function scores({ metrics, best, selection, intervals }: RunManifest): Section[] {
  if (metrics === undefined || best === undefined) return [];
  const heads = ["", "accuracy", "UAR", "ECE", "images"];
  const { accuracy, uar, ece, n } = metrics;
  const row = [`epoch ${best.epoch + 1}`, percent(accuracy), percent(uar), percent(ece), n];
  const sure = intervals
    ? [["95 % interval", percentRange(intervals.accuracy), percentRange(intervals.uar), "", ""]]
    : [];
  const note =
    selection === "test"
      ? html`<p><strong>Paper protocol.</strong> The best epoch was chosen on the <em>test</em> split itself, so this is no
figure of unseen data and does not compare with one.</p>`
      : html`<p>The best epoch by accuracy on the <em>validation</em> split. A figure that was chosen among epochs on
the split it is measured on flatters a little.</p>`;
  const heading = selection === "test" ? "Test split, paper protocol" : "Validation";
  return [
    { heading, body: html`${table({ heads, rows: [row, ...sure] })}${note}` },
    { heading: "Classes", body: classTable(metrics) },
    { heading: "Confusion", body: confusionTable(metrics) },
  ];
}

/** When the test split was opened, and what came of it. */
function testSection({ testSplit: { openings }, selection }: RunManifest): Section[] {
  if (openings.length === 0) {
    if (selection === "test") return [];
    return [
      { heading: "Test", body: html`<p>The test split was not read by this run, nor opened with its checkpoints.</p>` },
    ];
  }
  const rows = openings.map(({ at, checkpoint, accuracy, uar, images }) => [
    at.slice(0, 16).replace("T", " "),
    checkpoint,
    accuracy === undefined ? "explained" : percent(accuracy),
    uar === undefined ? "–" : percent(uar),
    images,
  ]);
  const body = table({ heads: ["opened (UTC)", "checkpoint", "accuracy", "UAR", "images"], rows });
  const note =
    openings.length === 1
      ? html`<p>The test split was opened once.</p>`
      : html`<p>The test split was opened ${openings.length} times; a figure that was chosen among them flatters.</p>`;
  return [{ heading: "Test", body: html`${body}${note}` }];
}

function answers({ predictions, mistakes }: RunReport): Section[] {
  if (predictions === undefined || predictions.files.length === 0) return [];
  const { probabilities, labels, classes } = predictions;
  const { confidence, isRight } = certainty(probabilities, labels, classes.length);
  return [
    { heading: "Reliability", body: reliabilityPlot(reliability(confidence, isRight)) },
    { heading: "Giving no answer", body: coveragePlot(coverageCurve(confidence, isRight)) },
    ...(mistakes ? [{ heading: "Worst mistakes", body: mistakeGallery(mistakes) }] : []),
  ];
}

function curves(records: readonly MetricRecord[], selection: RunManifest["selection"]): Section[] {
  const validation = validationCurve(records);
  const losses = lossCurves(records);
  const plot = html`<div class="plots">${validationPlot(validation, selection)}</div>`;
  return [
    ...(validation.length > 0 ? [{ heading: "Epochs", body: plot }] : []),
    ...(losses.length > 0 ? [{ heading: "Loss terms", body: lossPlots(losses) }] : []),
  ];
}
