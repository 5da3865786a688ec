/** What is gained by giving no answer where certainty is low. */
import * as Plot from "@observablehq/plot";
import type { CoveragePoint } from "../evaluation/abstention.ts";
import { draw } from "./draw.ts";
import { html, type Markup } from "./markup.ts";

/** Accuracy of the answers against the share of images that get one. */
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
