/** Plots of an explanation: features in a plane (paper, Figure 4), and deletion and insertion curves. */
import * as Plot from "@observablehq/plot";
import { eachRanking, type Ranking, type RemovalCurves } from "../../method/explain/removal.ts";
import { draw, html, type Markup } from "./page.ts";

/** An image with its class and t-SNE coordinates. */
export interface PlacedImage {
  readonly label: string;
  readonly place: readonly [x: number, y: number];
}

/** Scatter plot of features; plots with the same `classes` share their symbols. */
export function featurePlot(caption: string, images: readonly PlacedImage[], classes: readonly string[]): Markup {
  const points = images.map(({ label, place: [x, y] }) => ({ x, y, ...look(classes.indexOf(label)) }));
  const svg = draw(`t-SNE of features, ${caption}`, {
    ...{ width: 400, height: 400, ...margins(8) },
    x: { axis: null },
    y: { axis: null },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      // A single mark in the order of the images, so that no class covers the others.
      Plot.dot(points, { x: "x", y: "y", r: 2.5, fillOpacity: 0.85, fill: "fill", symbol: "symbol" }),
    ],
  });
  return html`<figure>${svg}<figcaption>${caption}</figcaption></figure>`;
}

/** Legend of the classes' symbols. */
export function classLegend(classes: readonly string[]): Markup {
  const keys = classes.map((name, c) => {
    const dot = draw(name, {
      ...{ width: 16, height: 16, ...margins(0) },
      x: { axis: null, domain: [-1, 1] },
      y: { axis: null, domain: [-1, 1] },
      marks: [Plot.dot([[0, 0]], { r: 5, ...look(c) })],
    });
    return html`<span>${dot}${name}</span>`;
  });
  return html`<p class="class-key">${keys}</p>`;
}

/** Plots of the winning class's mean probability as pixels are removed (deletion) or restored (insertion). */
export function removalPlots(model: string, curves: Partial<Record<Ranking, RemovalCurves>>): Markup {
  return html`${removalPlot(model, "deletion", curves)}${removalPlot(model, "insertion", curves)}`;
}

/** Legend of the rankings' line styles. */
export function rankingKey(curves: Partial<Record<Ranking, RemovalCurves>>): Markup {
  const keys = Object.values(
    eachRanking(curves, (_, name) => {
      const { stroke, strokeDasharray } = looks[name];
      const line = html`<svg width="28" height="8" aria-hidden="true"><path d="M0 4H28" style="stroke:${stroke};stroke-width:2;stroke-dasharray:${strokeDasharray}"/></svg>`;
      return html`<span>${line}${name}</span>`;
    }),
  );
  return html`<p class="class-key">${keys}</p>`;
}

function removalPlot(
  model: string,
  kind: keyof RemovalCurves,
  curves: Partial<Record<Ranking, RemovalCurves>>,
): Markup {
  const lines = Object.values(
    eachRanking(curves, (curve, name) => {
      const steps = curve[kind].length - 1;
      const points = curve[kind].map((value, i) => ({ share: (100 * i) / steps, value }));
      return Plot.lineY(points, { x: "share", y: "value", strokeWidth: 2, ...looks[name] });
    }),
  );
  const svg = draw(`${kind} curves of ${model}`, {
    x: { label: `pixels ${kind === "deletion" ? "taken away" : "brought back"}, percent`, ticks: 5 },
    y: { label: null, domain: [0, 1], ticks: 5, grid: true },
    marks: lines,
  });
  return html`<figure>${svg}<figcaption>${model}: ${kind}</figcaption></figure>`;
}

const looks: Readonly<Record<Ranking, { readonly stroke: string; readonly strokeDasharray: string }>> = {
  gradient: { stroke: "var(--class-0)", strokeDasharray: "none" },
  SmoothGrad: { stroke: "var(--class-1)", strokeDasharray: "none" },
  patches: { stroke: "var(--class-2)", strokeDasharray: "none" },
  "random pixels": { stroke: "var(--faint)", strokeDasharray: "6,3" },
  "random patches": { stroke: "var(--faint)", strokeDasharray: "2,3" },
};

/** Symbols of classes, which also differ in colour, so that colour vision is not required. More than eight classes repeat them. */
const symbols = ["circle", "triangle", "square", "diamond", "star", "cross", "wye", "hexagon"] as const;

const look = (c: number) => ({
  fill: `var(--class-${c % symbols.length})`,
  symbol: symbols[c % symbols.length],
});

const margins = (all: number) => ({ marginLeft: all, marginRight: all, marginTop: all, marginBottom: all });
