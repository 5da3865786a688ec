/** Figures of an explanation: features in a plane (paper, Figure 4), deletion and insertion curves, saliency grid (Figure 3). */

import * as Plot from "@observablehq/plot";
import { eachRanking, type Ranking, type RemovalCurves } from "../../method/explain/removal.ts";
import { counted } from "../../platform/counts.ts";
import { markupText } from "../../platform/escape.ts";
import { type Drawing, drawnName, fontSize, lineMark, moved, panels, round, widths, withLegend } from "./drawing.ts";
import type { Figure } from "./figure.ts";
import { classLook } from "./palette.ts";
import { plotDrawing, symbolMark } from "./plot.ts";

/** An image with its class and t-SNE coordinates. */
export interface PlacedImage {
  readonly label: string;
  readonly place: readonly [x: number, y: number];
}

/** Features of images in one model's image encoder, or in one that several models share. */
export interface FeaturePlot {
  readonly models: readonly string[];
  readonly perplexity: number;
  readonly trustworthiness: number;
  readonly images: readonly PlacedImage[];
}

/** Scatter plots of features by t-SNE, with a symbol and a colour for each class. */
export function featuresFigure(planes: readonly FeaturePlot[], classes: readonly string[]): Figure {
  const quality = planes.map(
    ({ models, images, perplexity, trustworthiness }) =>
      `${models.join(", ")}: ${counted(images.length, "image")}, perplexity ${perplexity}, trustworthiness ${trustworthiness.toFixed(3)}`,
  );
  return {
    ...{ name: "features", title: "t-SNE of image features" },
    caption: `${quality.join("; ")}. Axes have no unit; distances between groups mean nothing.`,
    data: {
      columns: [
        { head: "models", format: "plain" },
        { head: "class", format: "plain" },
        { head: "x", format: "plain" },
        { head: "y", format: "plain" },
      ],
      rows: planes.flatMap(({ models, images }) =>
        images.map(({ label, place: [x, y] }) => [models.join(", "), label, x, y]),
      ),
    },
    draw: (width) => {
      const columns = Math.min(planes.length, width === "page" ? 3 : 1);
      const side = width === "page" && columns === 1 ? 400 : widths[width] / columns;
      const key = classes.map((name, c) => {
        const { symbol, fill } = classLook(c);
        return { text: drawnName(name), mark: symbolMark(symbol, fill) };
      });
      return withLegend(
        key,
        panels(
          planes.map((plane) => featurePanel(plane, classes, side)),
          columns,
        ),
      );
    },
  };
}

function featurePanel({ models, images }: FeaturePlot, classes: readonly string[], side: number): Drawing {
  const points = images.map(({ label, place: [x, y] }) => ({ x, y, ...classLook(classes.indexOf(label)) }));
  const plot = plotDrawing({
    ...{ width: side, height: side, marginLeft: 6, marginRight: 6, marginTop: 18, marginBottom: 6 },
    x: { axis: null, inset: 4 },
    y: { axis: null, inset: 4 },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      // A single mark in the order of the images, so that no class covers the others.
      Plot.dot(points, { x: "x", y: "y", r: side > 250 ? 2.5 : 2, fillOpacity: 0.85, fill: "fill", symbol: "symbol" }),
    ],
  });
  return { ...plot, content: `${panelTitle(models.join(", "), side)}${plot.content}` };
}

const panelTitle = (text: string, width: number): string =>
  `<text x="${round(width / 2)}" y="12">${markupText(drawnName(text, Math.floor(width / (0.58 * fontSize))))}</text>`;

/** A model's mean probability of the predicted class as pixels are removed (deletion) or restored (insertion). */
export interface RemovalPlot {
  readonly model: string;
  readonly curves: Partial<Record<Ranking, RemovalCurves>>;
}

/** Deletion and insertion curves of each model, side by side. */
export const removalFigure = (removal: readonly RemovalPlot[]): Figure => ({
  ...{ name: "removal", title: "Deletion and insertion curves" },
  caption:
    "Mean probability of the predicted class as the most important pixels are removed (deletion) or restored to a blurred picture (insertion).",
  data: {
    columns: [
      { head: "model", format: "plain" },
      { head: "curve", format: "plain" },
      { head: "ranking", format: "plain" },
      { head: "pixels", format: "percent" },
      { head: "probability", format: "decimal" },
    ],
    rows: removal.flatMap(({ model, curves }) =>
      kinds.flatMap((kind) =>
        curvesOf(curves, kind).flatMap(({ name, points }) =>
          points.map(({ share, value }) => [model, kind, name, share / 100, value]),
        ),
      ),
    ),
  },
  draw: (width) => {
    const side = Math.min(widths[width] / 2, 300);
    const drawn = removal.flatMap(({ model, curves }) => kinds.map((kind) => removalPanel(model, kind, curves, side)));
    const key = curvesOf(removal[0].curves, "deletion").map(({ name }) => {
      const { stroke, strokeDasharray } = looks[name];
      return { text: name, mark: lineMark(stroke, strokeDasharray) };
    });
    return withLegend(key, panels(drawn, 2));
  },
});

const kinds = ["deletion", "insertion"] as const satisfies readonly (keyof RemovalCurves)[];

const curvesOf = (curves: RemovalPlot["curves"], kind: keyof RemovalCurves) =>
  Object.values(
    eachRanking(curves, (curve, name) => ({
      name,
      points: curve[kind].map((value, i) => ({ share: (100 * i) / (curve[kind].length - 1), value })),
    })),
  );

function removalPanel(model: string, kind: keyof RemovalCurves, curves: RemovalPlot["curves"], side: number): Drawing {
  const plot = plotDrawing({
    ...{ width: side, height: 0.75 * side, marginTop: 20 },
    x: { label: `pixels ${kind === "deletion" ? "removed" : "restored"} (%)`, ticks: 5 },
    y: { label: "probability", domain: [0, 1], ticks: 5, grid: true },
    marks: curvesOf(curves, kind).map(({ name, points }) =>
      Plot.lineY(points, { x: "share", y: "value", strokeWidth: 1.75, ...looks[name] }),
    ),
  });
  return { ...plot, content: `${panelTitle(`${model}: ${kind}`, side)}${plot.content}` };
}

const looks: Readonly<Record<Ranking, { readonly stroke: string; readonly strokeDasharray: string }>> = {
  gradient: { stroke: "var(--class-0)", strokeDasharray: "none" },
  SmoothGrad: { stroke: "var(--class-1)", strokeDasharray: "7,2" },
  patches: { stroke: "var(--class-2)", strokeDasharray: "7,2,2,2" },
  "random pixels": { stroke: "var(--faint)", strokeDasharray: "6,3" },
  "random patches": { stroke: "var(--faint)", strokeDasharray: "2,3" },
};

/** A row of the saliency grid: a face and each model's map and prediction. */
export interface SaliencyRow {
  readonly label?: string | undefined;
  /** PNG as a `data:` URL, as are the maps */
  readonly picture: string;
  readonly maps: readonly { readonly model: string; readonly predicted: string; readonly picture: string }[];
}

/** Grid of faces with each model's saliency map below its name (paper, Figure 3). */
export function saliencyFigure(rows: readonly SaliencyRow[], method: string): Figure {
  const models = rows[0].maps.map(({ model }) => model);
  return {
    ...{ name: "saliency", title: "Saliency maps" },
    caption: `${method} of the predicted class, whose name stands below each map. Left: the face as the model sees it, with its label.`,
    data: {
      columns: [{ head: "label", format: "plain" }, ...models.map((head) => ({ head, format: "plain" as const }))],
      rows: rows.map(({ label, maps }) => [label ?? "", ...maps.map(({ predicted }) => predicted)]),
    },
    draw: (width) => {
      const columns = models.length + 1;
      const side = Math.min(120, widths[width] / columns);
      const heads = ["face", ...models].map((name, i) => cellTitle(name, i * side, 12, side));
      const lines = rows.map(({ label, picture, maps }, r) => {
        const cells = [
          { text: label ?? "", picture },
          ...maps.map(({ predicted, picture: map }) => ({ text: predicted, picture: map })),
        ];
        return moved(0, 16 + r * (side + 16), cells.map((cell, i) => gridCell(cell, i * side, side)).join(""));
      });
      return { width: side * columns, height: 16 + rows.length * (side + 16), content: [...heads, ...lines].join("") };
    },
  };
}

const gridCell = (
  { text, picture }: { readonly text: string; readonly picture: string },
  x: number,
  side: number,
): string =>
  `<image x="${round(x + 2)}" y="2" width="${round(side - 4)}" height="${round(side - 4)}" href="${markupText(picture)}"></image>${cellTitle(text, x, side + 9, side)}`;

const cellTitle = (text: string, x: number, y: number, side: number): string =>
  `<text x="${round(x + side / 2)}" y="${round(y)}">${markupText(drawnName(text, Math.floor(side / (0.58 * fontSize))))}</text>`;
