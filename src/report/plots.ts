/** Curves of a run. */
import * as Plot from "@observablehq/plot";
import type { SelectionSplit } from "../data/selectionSplit.ts";
import type { LossCurve, ValidationPoint } from "./curves.ts";
import { draw } from "./draw.ts";
import { html, type Markup } from "./markup.ts";

/** One small plot a loss term: faint every step, strong the epochs' means. */
export function lossPlots(curves: readonly LossCurve[]): Markup {
  const key = html`<p class="faint"><span class="key" style="background:var(--one);opacity:.5"></span>each recorded step
<span class="key" style="background:var(--one);margin-left:1em"></span>mean of an epoch</p>`;
  return html`${key}<div class="plots">${curves.map(lossPlot)}</div>`;
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

/** Accuracy and UAR after each epoch, on the split that the best one is chosen on. */
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

/** Whole epochs, seven at most. */
function epochTicks(points: readonly ValidationPoint[]): number[] {
  const every = Math.ceil(points.length / 7);
  return points.flatMap(({ epoch }, i) => (i % every === 0 ? [epoch] : []));
}
