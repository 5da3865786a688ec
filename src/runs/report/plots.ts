/** Plots of a run or evaluation: losses, validation scores, reliability and coverage. */
import * as Plot from "@observablehq/plot";
import type { SelectionSplit } from "../../data/sample.ts";
import { type CoveragePoint, calibrationError, type ReliabilityBin } from "../../evaluation/calibration.ts";
import { wilsonInterval } from "../../evaluation/intervals.ts";
import { epochNumber, percent } from "../../evaluation/rows.ts";
import type { MetricRecord } from "../runFolder.ts";
import { draw, html, type Markup } from "./page.ts";

/** Value at one step. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Curve of a loss term over the steps of a run. */
export interface LossCurve {
  /** name as in docs/method.md */
  readonly name: string;
  readonly steps: readonly Point[];
  /** mean over each epoch's images, at the epoch's last step */
  readonly epochs: readonly Point[];
}

/** Validation scores of one epoch. */
export interface ValidationPoint {
  /** number of the epoch, from 1 */
  readonly epoch: number;
  readonly accuracy: number;
  readonly uar: number;
}

/** Curves of all recorded loss terms, in the order of the records, with L_total last. */
export function lossCurves(records: readonly MetricRecord[]): LossCurve[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record).filter((key) => key.startsWith("L_"))))];
  return names.map((name) => {
    const of = (kind: MetricRecord["kind"]) =>
      records.flatMap((record) => {
        const value = record[name];
        return record.kind === kind && typeof value === "number" ? [{ step: record.step, value }] : [];
      });
    return { name, steps: of("step"), epochs: of("epoch") };
  });
}

/** Accuracy and UAR of each validated epoch. */
export function validationCurve(records: readonly MetricRecord[]): ValidationPoint[] {
  return records.flatMap(({ kind, epoch, validation }) => {
    if (kind !== "epoch" || typeof epoch !== "number" || !isScored(validation)) return [];
    return [{ epoch: epochNumber(epoch), accuracy: validation.accuracy, uar: validation.uar }];
  });
}

/** One plot per loss term, with recorded steps in a light and epoch means in a bold line. */
export function lossPlots(curves: readonly LossCurve[]): Markup {
  const key = html`<p class="faint"><span class="key" style="background:var(--one);opacity:.5"></span>each recorded step
<span class="key" style="background:var(--one);margin-left:1em"></span>mean of an epoch</p>`;
  return html`${key}<div class="plots">${curves.map(lossPlot)}</div>`;
}

/** Plot of accuracy and UAR after each epoch on the split used for model selection. */
export function validationPlot(points: readonly ValidationPoint[], selection: SelectionSplit = "valid"): Markup {
  const split = selection === "test" ? "test split (paper protocol)" : "validation split";
  const lines = [
    { key: "accuracy", stroke: "var(--one)", strokeDasharray: "none" },
    { key: "uar", stroke: "var(--two)", strokeDasharray: "6,3" },
  ] as const;
  const svg = draw(`accuracy and UAR on the ${split} after each epoch`, {
    x: { label: "epoch", ticks: epochTicks(points), tickFormat: "d" },
    y: { label: null, percent: true, ticks: 5, nice: true, grid: true },
    marks: lines.flatMap(({ key, stroke, strokeDasharray }) => [
      Plot.lineY(points, { x: "epoch", y: key, stroke, strokeDasharray, strokeWidth: 2 }),
      Plot.dot(points.length > 40 ? [] : points, { x: "epoch", y: key, fill: stroke, r: 2 }),
    ]),
  });
  return html`<figure>${svg}<figcaption><span class="key" style="background:var(--one)"></span>accuracy
<span class="key" style="background:var(--two);margin-left:1em"></span>UAR (dashed), percent, on the ${split}</figcaption></figure>`;
}

/** Reliability diagram: accuracy against confidence by bin, with Wilson intervals and the diagonal of perfect calibration. */
export function reliabilityPlot(bins: readonly ReliabilityBin[]): Markup {
  const points = bins.map(({ confidence, accuracy, count }) => {
    const [low, high] = wilsonInterval(Math.round(accuracy * count), count);
    return { confidence, accuracy, count, low, high };
  });
  const svg = draw("share of right answers against the certainty they were given with, a dot for each of 15 bins", {
    x: { label: "certainty, percent", percent: true, domain: [0, 100], ticks: 5 },
    y: { label: null, percent: true, domain: [0, 100], ticks: 5, grid: true },
    r: { range: [2, 8] },
    marks: [
      Plot.line([0, 1], { x: (d) => d, y: (d) => d, stroke: "currentColor", strokeDasharray: "4,4" }),
      Plot.ruleX(points, { x: "confidence", y1: "low", y2: "high", stroke: "var(--one)", strokeWidth: 2 }),
      Plot.dot(points, { x: "confidence", y: "accuracy", r: "count", fill: "var(--one)" }),
    ],
  });
  return html`<div class="plots"><figure>${svg}<figcaption>right answers, percent; a dot's size is its number of images, the
bar its 95 % Wilson interval; on the dashed line certainty is accuracy. ECE ${percent(calibrationError(bins))}</figcaption></figure></div>`;
}

/** Plot of the accuracy of answered images against the share of images answered. */
export function coveragePlot(points: readonly CoveragePoint[]): Markup {
  const svg = draw("accuracy of the answers against the share of images that are answered", {
    x: { label: "images answered, percent", percent: true, ticks: 5 },
    y: { label: null, percent: true, ticks: 5, nice: true, grid: true },
    marks: [
      Plot.lineY(points, { x: "coverage", y: "accuracy", stroke: "var(--one)", strokeWidth: 2 }),
      Plot.dot(points, { x: "coverage", y: "accuracy", fill: "var(--one)", r: 2 }),
    ],
  });
  return html`<div class="plots"><figure>${svg}<figcaption>right answers, percent, where only the surest images are
answered</figcaption></figure></div>`;
}

function isScored(value: unknown): value is { readonly accuracy: number; readonly uar: number } {
  if (typeof value !== "object" || value === null) return false;
  return "accuracy" in value && typeof value.accuracy === "number" && "uar" in value && typeof value.uar === "number";
}

function lossPlot({ name, steps, epochs }: LossCurve): Markup {
  const last = epochs.at(-1) ?? steps.at(-1);
  const label = `${name}${last === undefined ? "" : `, ${last.value.toPrecision(4)} at step ${last.step}`}`;
  const svg = draw(`${name} over the steps of training`, {
    x: { label: "step", ticks: 5 },
    y: { label: null, ticks: 5, nice: true, grid: true },
    marks: [
      Plot.lineY(steps, { x: "step", y: "value", stroke: "var(--one)", strokeOpacity: 0.5, strokeWidth: 1 }),
      Plot.lineY(epochs, { x: "step", y: "value", stroke: "var(--one)", strokeWidth: 2 }),
      Plot.dot(epochs.slice(0, 1), { x: "step", y: "value", fill: "var(--one)", r: 2 }),
    ],
  });
  return html`<figure>${svg}<figcaption>${label}</figcaption></figure>`;
}

/** At most seven tick positions, at integer epochs. */
function epochTicks(points: readonly ValidationPoint[]): number[] {
  const every = Math.ceil(points.length / 7);
  return points.flatMap(({ epoch }, i) => (i % every === 0 ? [epoch] : []));
}
