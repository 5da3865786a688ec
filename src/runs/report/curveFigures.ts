/** Figures of training: validation scores by epoch, and the loss terms. */
import * as Plot from "@observablehq/plot";
import type { SelectionSplit } from "../../data/sample.ts";
import type { LossCurve, Point, ValidationPoint } from "./curves.ts";
import { type Drawing, domainOf, lineMark, panels, widths, withLegend } from "./drawing.ts";
import type { Figure } from "./figure.ts";
import { plotDrawing } from "./plot.ts";

/** Accuracy and UAR after each epoch on the split used for model selection. */
export function validationFigure(points: readonly ValidationPoint[], selection: SelectionSplit = "valid"): Figure {
  const split = selection === "test" ? "test split (the paper's protocol)" : "validation split";
  return {
    ...{ name: "epochs", title: "Accuracy and UAR by epoch", caption: `On the ${split}, after each epoch.` },
    data: {
      columns: [
        { head: "epoch", format: "plain" },
        { head: "accuracy", format: "percent" },
        { head: "UAR", format: "percent" },
      ],
      rows: points.map(({ epoch, accuracy, uar }) => [epoch, accuracy, uar]),
    },
    draw: (width) => validationDrawing(points, widths[width], width === "page" ? 280 : 190),
  };
}

function validationDrawing(points: readonly ValidationPoint[], width: number, height: number): Drawing {
  const marked = points.length > 40 ? [] : points;
  const scores = points.flatMap(({ accuracy, uar }) => [100 * accuracy, 100 * uar]);
  const [one, two] = ["var(--one)", "var(--two)"];
  const plot = plotDrawing({
    ...{ width, height },
    x: { label: "epoch", ticks: epochTicks(points), tickFormat: "d" },
    y: {
      ...{ label: "score (%)", percent: true, ticks: 5, nice: true, grid: true },
      domain: domainOf(scores, { least: 1, low: 0, high: 100 }),
    },
    marks: [
      Plot.lineY(points, { x: "epoch", y: "accuracy", stroke: one, strokeWidth: 2 }),
      Plot.dot(marked, { x: "epoch", y: "accuracy", fill: one, r: 2.5 }),
      // Drawn over accuracy with gaps and open markers, so that both are seen where they are equal.
      Plot.lineY(points, { x: "epoch", y: "uar", stroke: two, strokeWidth: 1.5, strokeDasharray: "5,4" }),
      Plot.dot(marked, { x: "epoch", y: "uar", stroke: two, r: 4.5, symbol: "triangle" }),
    ],
  });
  const triangle = `<path d="M0,-4L4,3H-4Z" fill="none" stroke="${two}" stroke-width="1.5"></path>`;
  return withLegend(
    [
      { text: "accuracy", mark: lineMark(one, "none", `<circle r="2.5" fill="${one}"></circle>`) },
      { text: "UAR", mark: lineMark(two, "5,4", triangle, 1.5) },
    ],
    plot,
  );
}

/** All loss terms over the steps, one panel each. */
export function lossFigure(curves: readonly LossCurve[]): Figure {
  const thinned = curves.map((curve) => ({ ...curve, steps: everyNth(curve.steps) }));
  const stride = Math.max(1, ...curves.map(({ steps }) => strideOf(steps)));
  const lines = stride === 1 ? "recorded steps" : `every ${ordinal(stride)} recorded step`;
  return {
    ...{ name: "losses", title: "Loss terms" },
    caption: `Light lines: ${lines}, not smoothed. Dark lines: means over each epoch's images.`,
    data: {
      columns: [
        { head: "term", format: "plain" },
        { head: "kind", format: "plain" },
        { head: "step", format: "plain" },
        { head: "loss", format: "plain" },
      ],
      rows: thinned.flatMap(({ name, steps, epochs }) => [
        ...steps.map(({ step, value }) => [name, "step", step, value]),
        ...epochs.map(({ step, value }) => [name, "epoch mean", step, value]),
      ]),
    },
    draw: (width) => {
      const columns = width === "page" ? 3 : 2;
      const size = { width: widths[width] / columns, height: width === "page" ? 160 : 135 };
      const key = [
        { text: "step", mark: `<g opacity="0.5">${lineMark("var(--one)", "none", "", 1)}</g>` },
        { text: "epoch mean", mark: lineMark("var(--one)", "none") },
      ];
      return withLegend(
        key,
        panels(
          thinned.map((curve) => lossPanel(curve, size)),
          columns,
        ),
      );
    },
  };
}

function lossPanel(
  { name, steps, epochs }: LossCurve,
  size: { readonly width: number; readonly height: number },
): Drawing {
  return plotDrawing({
    ...size,
    ...{ marginTop: 12, marginLeft: 60, marginBottom: 38 },
    x: { label: "step", ticks: 3, tickFormat: "~s" },
    y: {
      ...{ label: name, labelOffset: 56, ticks: 4, nice: true, grid: true },
      domain: domainOf(
        [...steps, ...epochs].map(({ value }) => value),
        { least: 1e-9 },
      ),
    },
    marks: [
      Plot.lineY(steps, { x: "step", y: "value", stroke: "var(--one)", strokeOpacity: 0.5, strokeWidth: 1 }),
      Plot.lineY(epochs, { x: "step", y: "value", stroke: "var(--one)", strokeWidth: 2 }),
      Plot.dot(epochs.length === 1 ? epochs : [], { x: "step", y: "value", fill: "var(--one)", r: 2.5 }),
    ],
  });
}

/** Maximum number of steps in a line: more than a column has pixels to show. */
const maxSteps = 300;
const strideOf = (points: readonly Point[]): number => Math.ceil(points.length / maxSteps);
const everyNth = (points: readonly Point[]): readonly Point[] => points.filter((_, i) => i % strideOf(points) === 0);

/** At most seven tick positions, at integer epochs. */
function epochTicks(points: readonly ValidationPoint[]): number[] {
  const every = Math.ceil(points.length / 7);
  return points.flatMap(({ epoch }, i) => (i % every === 0 ? [epoch] : []));
}

/** 2 → "2nd", 3 → "3rd", 4 → "4th", 11 → "11th". */
function ordinal(n: number): string {
  const isTeen = n % 100 >= 11 && n % 100 <= 13;
  return `${n}${isTeen ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")}`;
}
