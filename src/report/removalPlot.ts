/** Deletion and insertion curves of several rankings. */
import * as Plot from "@observablehq/plot";
import type { Ranking } from "../explanation/rankings.ts";
import { eachRanking } from "../explanation/rankings.ts";
import type { RemovalCurves } from "../explanation/removal.ts";
import { draw } from "./draw.ts";
import { html, type Markup } from "./markup.ts";

const looks: Readonly<Record<Ranking, { readonly stroke: string; readonly strokeDasharray: string }>> = {
  gradient: { stroke: "var(--class-0)", strokeDasharray: "none" },
  SmoothGrad: { stroke: "var(--class-1)", strokeDasharray: "none" },
  patches: { stroke: "var(--class-2)", strokeDasharray: "none" },
  "random pixels": { stroke: "var(--faint)", strokeDasharray: "6,3" },
  "random patches": { stroke: "var(--faint)", strokeDasharray: "2,3" },
};

/** The mean probability of the winning class while pixels go (deletion) or come back (insertion). */
export function removalPlots(model: string, curves: Partial<Record<Ranking, RemovalCurves>>): Markup {
  return html`${removalPlot(model, "deletion", curves)}${removalPlot(model, "insertion", curves)}`;
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
