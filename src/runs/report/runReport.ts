/** HTML report of a training run. */

import { selectionLabel } from "../../data/sample.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { epochNumber, intervalKind, percent, percentRange } from "../../evaluation/rows.ts";
import { averagingOf } from "../../method/learning.ts";
import { durationText } from "../../platform/clock.ts";
import { commandText } from "../../platform/command.ts";
import { counted, numberText } from "../../platform/counts.ts";
import { dataLabel, openingsByData, type RecordedRun, type RunManifest, type TestEvaluation } from "../manifest.ts";
import { type Figure, figureMarkup, type Origin } from "./figure.ts";
import { methodsSchema, methodsText } from "./methodsText.ts";
import { html, page, type Section } from "./page.ts";
import { classFigures, curveFigures, predictionFigures, type RunRecords, whereOfRun } from "./runFigures.ts";
import { confusionTable, type MistakeGallery, mistakeGallery, record, table } from "./tables.ts";

/** Contents of the report. */
export interface RunReport extends RunRecords {
  readonly origin: Origin;
  /** all fields of `run.json` */
  readonly record: RecordedRun["record"];
  readonly mistakes?: MistakeGallery;
}

/** Renders the report as a self-contained HTML page. */
export function runReport(run: RunReport): string {
  const { config, backbone, seed, steps, epochs, finished, selection } = run.manifest;
  const label = selectionLabel(selection);
  const state = finished ? "finished" : "not finished";
  const limits = limitText(run.manifest);
  const lead = `Backbone ${backbone.name}, seed ${seed}, ${counted(steps, "step")}, ${counted(epochs, "epoch")}, ${state}.${limits && ` ${limits}.`}`;
  return page({
    title: `${config.variant} on ${config.dataset}`,
    lead: label === undefined ? lead : `${lead} Not a figure of unseen data — ${label}.`,
    sections: [
      { heading: "The run", body: table({ heads: ["", ""], rows: conditions(run.manifest) }) },
      ...scores(run),
      ...testSection(run.manifest),
      ...sections(predictionFigures(run.predictions, whereOfRun(run.manifest)), run.origin),
      ...(run.mistakes ? [{ heading: "Worst mistakes", body: mistakeGallery(run.mistakes) }] : []),
      ...sections(curveFigures(run.records, selection), run.origin),
      ...methodsSection(run.record),
      { heading: "The record", body: record("run.json: what was run, on what, with which result", run.record) },
    ],
  });
}

/** The methods paragraph; none for an older record that lacks a setting. */
function methodsSection(recorded: unknown): Section[] {
  const { success, data } = methodsSchema.safeParse(recorded);
  return success ? [{ heading: "Methods, to paste", body: html`<p>${methodsText(data)}</p>` }] : [];
}

/** Sentence about limits on a run's images or steps; empty for a full run. */
function limitText({ config: { limit, validLimit, maxSteps } }: RunManifest): string {
  const limits = [
    ...(limit === undefined ? [] : [`at most ${counted(limit, "training image")} a class (--limit)`]),
    ...(validLimit === undefined
      ? []
      : [`at most ${counted(validLimit, "image")} a class to choose the epoch on (--valid-limit)`]),
    ...(maxSteps === undefined ? [] : [`at most ${counted(maxSteps, "step")} (--max-steps)`]),
  ];
  return limits.length === 0 ? "" : `Not a full run: ${limits.join(", ")}`;
}

/** Rows of the conditions under which the figures were measured. */
function conditions(manifest: RunManifest): string[][] {
  const { config, data, epochs, learned, machine, provider, seconds, selection, stopped } = manifest;
  const { optimiser, schedule, lr } = config;
  const average = averagingOf(config)?.name;
  const images = (split: string, limit: number | undefined) => [
    ...(data[split]
      ? [`${numberText(data[split].images)}${limit === undefined ? "" : `, at most ${limit} a class`}`]
      : []),
  ];
  const rows = [
    ["training images", ...images("train", config.limit)],
    [
      selection === "test" ? "test images, which choose the epoch" : "validation images",
      ...images(selection, config.validLimit),
    ],
    ["trainable parameters", numberText(learned.parameters)],
    ["learning rate", [String(lr), schedule, optimiser].filter((part) => part !== undefined).join(", ")],
    ["prompts that are scored", ...(average === undefined ? [] : [average])],
    ["batch", counted(config.batchSize, "image")],
    ["sampler", config.sampler],
    ["epochs", `${epochs} of ${config.epochs}`],
    ["stopped", ...(stopped ? [`by ${stopped.by}: ${stopped.reason}`] : [])],
    ["machine", ...(machine ? [`${machine.processor} (${machine.arch}), provider ${provider}`] : [])],
    ["time", durationText(seconds)],
  ];
  return rows.filter((row) => row.length > 1);
}

function scores({ manifest: { metrics, best, selection, intervals }, origin }: RunReport): Section[] {
  if (metrics === undefined || best === undefined) return [];
  const heads = ["", "accuracy", "UAR", "ECE", "images"];
  const { accuracy, uar, ece, n } = metrics;
  const row = [`epoch ${epochNumber(best.epoch)}`, percent(accuracy), percent(uar), percent(ece), numberText(n)];
  const sure = intervals
    ? [[intervalKind(intervals), percentRange(intervals.accuracy), percentRange(intervals.uar), "", ""]]
    : [];
  const note =
    selection === "test"
      ? html`<p><strong>Paper protocol.</strong> The best epoch was chosen on the <em>test</em> split itself, so this score is higher than on
unseen images and does not compare with one.</p>`
      : html`<p>Accuracy on the <em>validation</em> split chose this epoch, so these scores are slightly higher than on images that chose
nothing. <code>${commandText("evaluate --split test")}</code> scores images that did not.</p>`;
  const heading = selection === "test" ? "Test split, paper protocol" : "Validation";
  return [
    { heading, body: html`${table({ heads, rows: [row, ...sure] })}${note}` },
    ...classSections(metrics, whereOfRun({ selection }), origin),
  ];
}

/** Sections on classes and their confusion, which is also a table of counts. */
export function classSections(metrics: Metrics, where: string, origin: Origin): Section[] {
  const [classes, recall, confusion] = classFigures(metrics, where).map((figure) => figureMarkup(figure, origin));
  const counts = html`<details><summary>as a table of counts</summary>${confusionTable(metrics)}</details>`;
  return [
    { heading: "Classes", body: html`${classes}${recall}` },
    { heading: "Confusion matrix", body: html`${confusion}${counts}` },
  ];
}

/** One section for each figure, with its title as the heading. */
export const sections = (figures: readonly Figure[], origin: Origin): Section[] =>
  figures.map((figure) => ({ heading: figure.title, body: figureMarkup(figure, origin) }));

/** Sections on evaluations of the run's own test split and of other data sets' test splits. */
function testSection({ testSplit, selection }: RunManifest): Section[] {
  const { own, other } = openingsByData(testSplit.openings);
  const elsewhere =
    other.length === 0
      ? []
      : [
          {
            heading: "Other data sets",
            body: html`${openingsTable(other)}<p>Scores on the test splits of data sets that the run did not learn from.</p>`,
          },
        ];
  return [...ownTestSection(own, selection), ...elsewhere];
}

function ownTestSection(openings: readonly TestEvaluation[], selection: RunManifest["selection"]): Section[] {
  if (openings.length === 0) {
    if (selection === "test") return [];
    return [
      {
        heading: "Test",
        body: html`<p>The test images were not used, neither in training nor to score this run. <code>${commandText("evaluate --split test --checkpoint")}</code> with this run's <code>best.safetensors</code> scores them and adds the result here.</p>`,
      },
    ];
  }
  const note =
    openings.length === 1
      ? html`<p>The test images were used once.</p>`
      : html`<p>The test images were used ${numberText(openings.length)} times. The best of several scores is too high: report the one that was planned.</p>`;
  return [{ heading: "Test", body: html`${openingsTable(openings)}${note}` }];
}

const openingsTable = (openings: readonly TestEvaluation[]) =>
  table({
    heads: ["evaluated (UTC)", "checkpoint", "data set", "accuracy", "UAR", "images"],
    rows: openings.map(({ at, checkpoint, accuracy, uar, images, ...opening }) => [
      at.slice(0, 16).replace("T", " "),
      checkpoint,
      dataLabel(opening),
      accuracy === undefined ? "explained" : percent(accuracy),
      uar === undefined ? "–" : percent(uar),
      numberText(images),
    ]),
  });
