/** Figure 4: features in a plane, coloured and shaped by class. */
import * as Plot from "@observablehq/plot";
import { draw } from "./draw.ts";
import { html, type Markup } from "./markup.ts";

export interface PlacedImage {
  readonly label: string;
  readonly place: readonly [x: number, y: number];
}

/** Eight looks: each differs from the others in colour and in shape, so that no colour need be seen. More classes begin anew. */
const symbols = ["circle", "triangle", "square", "diamond", "star", "cross", "wye", "hexagon"] as const;

const look = (c: number) => ({
  fill: `var(--class-${c % symbols.length})`,
  symbol: symbols[c % symbols.length],
});

/** Side by side with others in the same order of classes. */
export function featurePlot(caption: string, images: readonly PlacedImage[], classes: readonly string[]): Markup {
  const points = images.map(({ label, place: [x, y] }) => ({ x, y, ...look(classes.indexOf(label)) }));
  const svg = draw(`t-SNE of features, ${caption}`, {
    ...{ width: 400, height: 400, ...margins(8) },
    x: { axis: null },
    y: { axis: null },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      // One mark in the images' order, so that no class lies over all others.
      Plot.dot(points, { x: "x", y: "y", r: 2.5, fillOpacity: 0.85, fill: "fill", symbol: "symbol" }),
    ],
  });
  return html`<figure>${svg}<figcaption>${caption}</figcaption></figure>`;
}

const margins = (all: number) => ({ marginLeft: all, marginRight: all, marginTop: all, marginBottom: all });

/** The look of each class. */
export function classKey(classes: readonly string[]): Markup {
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
