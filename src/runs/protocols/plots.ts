/** Plots of protocols: the few-shot curve, the matrix of data sets, and the runs of each row. */
import * as Plot from "@observablehq/plot";
import { draw, html, type Markup } from "../report/page.ts";
import type { ProtocolRow } from "./results.ts";

/** Accuracy and UAR against the number of images a class, with a band of one standard deviation over seeds. */
export function shotCurve(rows: readonly ProtocolRow[], where: string): Markup {
  const keys = [
    { key: "accuracy", stroke: "var(--one)", dash: "none" },
    { key: "uar", stroke: "var(--two)", dash: "6,3" },
  ] as const;
  const shots = rows.map(({ name }) => Number(name));
  const marks = keys.flatMap(({ key, stroke, dash }) => {
    const points = rows.map(({ name, scores: [score] }) => {
      const { mean, sd = 0 } = score[key];
      return { shots: Number(name), mean, low: mean - sd, high: mean + sd };
    });
    return [
      Plot.areaY(points, { x: "shots", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.15 }),
      Plot.lineY(points, { x: "shots", y: "mean", stroke, strokeDasharray: dash, strokeWidth: 2 }),
      Plot.dot(points, { x: "shots", y: "mean", fill: stroke, r: 3 }),
    ];
  });
  const svg = draw(`accuracy and UAR against the number of training images a class on the ${where}`, {
    x: { label: "training images a class", type: "log", base: 2, ticks: shots, tickFormat: "d" },
    y: { label: "percent", percent: true, ticks: 5, nice: true, grid: true },
    marks,
  });
  return html`<div class="plots"><figure>${svg}<figcaption><span class="key" style="background:var(--one)"></span>accuracy
<span class="key" style="background:var(--two);margin-left:1em"></span>UAR (dashed); bands: ± one standard deviation over seeds</figcaption></figure></div>`;
}

/** Heat map of the accuracies of each training set on each set. */
export function matrixPlot(rows: readonly ProtocolRow[]): Markup {
  const cells = rows.flatMap(({ name, scores }) =>
    scores.map(({ on, accuracy }) => ({ name, on, accuracy: 100 * accuracy.mean })),
  );
  const names = rows.map(({ name }) => name);
  const svg = draw("accuracy of the models of each data set on each data set", {
    ...{ width: 120 + 90 * names.length, height: 70 + 50 * names.length, marginLeft: 110, padding: 0.04 },
    x: { label: "scored on", domain: names, tickSize: 0 },
    y: { label: "trained on", domain: names, tickSize: 0 },
    opacity: { domain: [0, 100], range: [0.05, 0.55] },
    marks: [
      Plot.cell(cells, { x: "on", y: "name", fill: "var(--one)", fillOpacity: "accuracy" }),
      Plot.text(cells, { x: "on", y: "name", text: ({ accuracy }: { accuracy: number }) => accuracy.toFixed(1) }),
    ],
  });
  return html`<div class="plots"><figure>${svg}<figcaption>accuracy, percent, on the classes that both sets have</figcaption></figure></div>`;
}

/** Accuracy of each run by row and what is scored, with the mean. */
export function runPlot(rows: readonly ProtocolRow[], where: string): Markup {
  const lines = rows.flatMap(({ name, scores }) =>
    scores.map((score) => ({ ...score, name: scores.length > 1 ? `${name}: ${score.on}` : name })),
  );
  const names = lines.map(({ name }) => name);
  const runs = lines.flatMap(({ name, runs: own }) => own.map(({ accuracy }) => ({ name, accuracy })));
  const means = lines.map(({ name, accuracy }) => ({ name, accuracy: accuracy.mean }));
  const recalls = lines.flatMap(({ name, recall }) => (recall === undefined ? [] : [{ name, recall: recall.mean }]));
  const svg = draw(`accuracy of each row's runs on the ${where}`, {
    ...{ height: 60 + 26 * names.length, marginLeft: 12 + 6.5 * Math.max(...names.map((name) => name.length)) },
    y: { domain: names, label: null, tickSize: 0 },
    x: { label: "percent", percent: true, ticks: 5, grid: true, nice: true },
    marks: [
      Plot.dot(runs, { x: "accuracy", y: "name", fill: "var(--one)", fillOpacity: 0.6, r: 3 }),
      Plot.tickX(means, { x: "accuracy", y: "name", stroke: "var(--one)", strokeWidth: 3, inset: 5 }),
      Plot.dot(recalls, { x: "recall", y: "name", stroke: "var(--two)", symbol: "times", strokeWidth: 2, r: 4 }),
    ],
  });
  const left = html`<span class="key" style="background:var(--two);margin-left:1em"></span>recall of the class left out (×)`;
  return html`<div class="plots"><figure>${svg}<figcaption><span class="key" style="background:var(--one)"></span>accuracy: each run, and the mean
${recalls.length > 0 ? left : undefined}</figcaption></figure></div>`;
}
