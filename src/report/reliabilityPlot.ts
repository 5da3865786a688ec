/** The reliability diagram: accuracy against certainty, bin by bin. */
import * as Plot from "@observablehq/plot";
import { wilsonInterval } from "../evaluation/intervals.ts";
import { percent } from "../evaluation/percent.ts";
import { calibrationError, type ReliabilityBin } from "../evaluation/reliability.ts";
import { draw } from "./draw.ts";
import { html, type Markup } from "./markup.ts";

/** A dot a bin, its Wilson interval, and the line on which a model means what it says. */
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
