/** Figures of scored images: classes, confusion matrix, reliability diagram and risk–coverage curve. */

import * as Plot from "@observablehq/plot";
import { type CoveragePoint, calibrationError, type ReliabilityBin } from "../../evaluation/calibration.ts";
import { wilsonInterval } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { percent } from "../../evaluation/rows.ts";
import { counted } from "../../platform/counts.ts";
import {
  colourBar,
  type Drawing,
  domainOf,
  drawnName,
  type FigureWidth,
  moved,
  round,
  textWidth,
  widths,
} from "./drawing.ts";
import type { Figure } from "./figure.ts";
import { heat, heatInk } from "./palette.ts";
import { plotDrawing } from "./plot.ts";

/** Recall, precision and F1 of each class as a table. */
export const classesFigure = ({ classes, perClass, n }: Metrics): Figure => ({
  ...{ name: "classes", title: "Recall, precision and F1 by class", caption: `${counted(n, "image")}.` },
  data: {
    columns: [
      { head: "class", format: "plain" },
      { head: "recall", format: "percent" },
      { head: "precision", format: "percent" },
      { head: "F1", format: "percent" },
      { head: "images", format: "plain" },
    ],
    rows: classes.map((name) => {
      const { recall, precision, f1, support } = perClass[name];
      return [name, recall, precision, f1, support];
    }),
  },
});

/** Bars of each class's recall, with Wilson intervals and UAR. */
export function recallFigure(metrics: Metrics): Figure {
  const rows = metrics.classes.map((name, c) => {
    const { recall, support } = metrics.perClass[name];
    const interval = wilsonInterval(metrics.confusion[c][c], support);
    return { name, c, recall: 100 * recall, low: 100 * interval[0], high: 100 * interval[1], interval, support };
  });
  const shown = rows.filter(({ support }) => support > 0);
  return {
    ...{ name: "recall", title: "Recall by class" },
    caption: `Bars: share of each class's images that are classified correctly, with 95 % Wilson intervals. Dashed line: UAR, ${percent(metrics.uar)}.`,
    data: {
      columns: [
        { head: "class", format: "plain" },
        { head: "recall", format: "percent" },
        { head: "images", format: "plain" },
      ],
      rows: rows.map(({ name, recall, interval, support }) => [name, { value: recall / 100, interval }, support]),
    },
    draw: (width) => {
      const names = metrics.classes.map((name) => drawnName(name));
      return plotDrawing({
        ...{ width: widths[width], height: 50 + 20 * rows.length, marginLeft: 14 + textWidth(names) },
        x: { label: "recall (%)", domain: [0, 100], ticks: 5, grid: true },
        y: { label: null, domain: rows.map(({ c }) => c), tickFormat: (c: number) => names[c], tickSize: 0 },
        marks: [
          Plot.barX(shown, { x: "recall", y: "c", fill: "var(--one)", fillOpacity: 0.75, insetTop: 2, insetBottom: 2 }),
          Plot.ruleY(shown, { y: "c", x1: "low", x2: "high", stroke: "currentColor", strokeWidth: 1.5 }),
          Plot.ruleX([100 * metrics.uar], { stroke: "var(--two)", strokeWidth: 1.5, strokeDasharray: "5,3" }),
        ],
      });
    },
  };
}

/** Confusion matrix, normalised by row. */
export const confusionFigure = (metrics: Metrics): Figure => ({
  ...{ name: "confusion", title: "Confusion matrix" },
  caption: `Row percentages: the share of each true class's images that is predicted as each class. ${counted(metrics.n, "image")}.`,
  data: {
    columns: [
      { head: "true class", format: "plain" },
      ...metrics.classes.map((head) => ({ head, format: "plain" as const })),
    ],
    rows: metrics.confusion.map((counts, c) => [metrics.classes[c], ...counts]),
  },
  draw: (width) => confusionDrawing(metrics, width),
});

/** Cells of a confusion matrix as shares of their rows; rows without images are 0. */
export const rowShares = (confusion: Metrics["confusion"]): number[][] =>
  confusion.map((counts) => {
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (all === 0 ? 0 : count / all));
  });

function confusionDrawing({ classes, confusion }: Metrics, width: FigureWidth): Drawing {
  const names = classes.map((name) => drawnName(name, width === "page" ? 20 : 12));
  const long = textWidth(names);
  const [left, right, top, gap] = [22 + long, 62, 8, 10];
  const side = Math.min(width === "page" ? 58 : 40, (widths[width] - left - right) / classes.length);
  // Names at 45° need their length's projection below the matrix.
  const bottom = 14 + long * Math.SQRT1_2 + 26;
  const size = side * classes.length;
  const shares = rowShares(confusion);
  const cells = shares.flatMap((row, y) => row.map((share, x) => ({ x, y, share, count: confusion[y][x] })));
  const ticks = classes.map((_, c) => c);
  const hasText = side >= 19;
  const text = (x: number) => `${Math.round(100 * x)}`;
  const matrix = plotDrawing({
    ...{ width: left + size + gap, height: top + size + bottom },
    ...{ marginLeft: left, marginRight: gap, marginTop: top, marginBottom: bottom },
    x: {
      domain: ticks,
      padding: 0,
      label: "predicted class",
      labelOffset: bottom - 6,
      tickSize: 0,
      tickRotate: -45,
      tickFormat: (c: number) => names[c],
    },
    y: {
      domain: ticks,
      padding: 0,
      label: "true class",
      labelOffset: left - 6,
      tickSize: 0,
      tickFormat: (c: number) => names[c],
    },
    marks: [
      Plot.cell(cells, { x: "x", y: "y", fill: ({ share }) => heat(share), inset: 0.25 }),
      Plot.text(hasText ? cells : [], {
        x: "x",
        y: "y",
        text: ({ share }) => text(share),
        fill: ({ share }) => heatInk(share),
        dy: side > 34 ? -5 : 0,
      }),
      Plot.text(side > 34 ? cells.filter(({ count }) => count > 0) : [], {
        x: "x",
        y: "y",
        text: ({ count }) => `(${count})`,
        fill: ({ share }) => heatInk(share),
        dy: 7,
        fontSize: 8.5,
      }),
    ],
  });
  const bar = colourBar(size);
  const barAt = left + size + gap + 4;
  const title = `<text transform="translate(${round(barAt + bar.width + 4)},${round(top + size / 2)}) rotate(90)">share of row (%)</text>`;
  return {
    ...{ width: barAt + bar.width + 12, height: matrix.height },
    content: `${matrix.content}${moved(barAt, top, bar.content)}${title}`,
  };
}

/** Reliability diagram: accuracy against confidence by bin, with Wilson intervals and the diagonal of perfect calibration. */
export function reliabilityFigure(bins: readonly ReliabilityBin[]): Figure {
  const points = bins.map(({ low, high, confidence, accuracy, count }) => {
    const interval = wilsonInterval(Math.round(accuracy * count), count);
    return { low, high, confidence, accuracy, count, interval };
  });
  return {
    ...{ name: "reliability", title: "Reliability diagram" },
    caption: `Accuracy against confidence in ${points.length} of 15 bins of equal width; a dot's area is its number of images, the bar its 95 % Wilson interval. Dashed: perfect calibration. ECE ${percent(calibrationError(bins))}.`,
    data: {
      columns: [
        { head: "bin", format: "plain" },
        { head: "confidence", format: "percent" },
        { head: "accuracy", format: "percent" },
        { head: "images", format: "plain" },
      ],
      rows: points.map(({ low, high, confidence, accuracy, interval, count }) => [
        `${low.toFixed(3)} to ${high.toFixed(3)}`,
        confidence,
        { value: accuracy, interval },
        count,
      ]),
    },
    draw: (width) =>
      plotDrawing({
        ...{ width: widths[width], height: width === "page" ? 340 : 250 },
        x: { label: "confidence (%)", percent: true, domain: [0, 100], ticks: 5 },
        y: { label: "accuracy (%)", percent: true, domain: [0, 100], ticks: 5, grid: true },
        r: { range: [0, 7] },
        marks: [
          Plot.line([0, 1], { x: (d) => d, y: (d) => d, stroke: "currentColor", strokeDasharray: "4,4" }),
          Plot.ruleX(points, {
            ...{ x: "confidence", y1: ({ interval }) => interval[0], y2: ({ interval }) => interval[1] },
            ...{ stroke: "var(--one)", strokeWidth: 1.5 },
          }),
          Plot.dot(points, {
            x: "confidence",
            y: "accuracy",
            r: ({ count }) => Math.max(count, 1),
            fill: "var(--one)",
          }),
        ],
      }),
  };
}

/** Risk–coverage curve (Geifman and El-Yaniv 2017): error of the most confident predictions against the share of them. */
export function riskCoverageFigure(points: readonly CoveragePoint[]): Figure {
  const risks = points.map(({ coverage, accuracy, threshold }) => ({ coverage, risk: 1 - accuracy, threshold }));
  return {
    ...{ name: "risk-coverage", title: "Risk–coverage curve" },
    caption: "Error rate of the most confident predictions against the share of images that are predicted.",
    data: {
      columns: [
        { head: "threshold", format: "decimal" },
        { head: "coverage", format: "percent" },
        { head: "risk", format: "percent" },
      ],
      rows: risks.map(({ threshold, coverage, risk }) => [threshold, coverage, risk]),
    },
    draw: (width) =>
      plotDrawing({
        ...{ width: widths[width], height: width === "page" ? 300 : 200 },
        x: { label: "coverage (% of images)", percent: true, domain: [0, 100], ticks: 5 },
        y: {
          ...{ label: "risk (% wrong)", percent: true, ticks: 5, nice: true, grid: true },
          domain: domainOf(
            risks.map(({ risk }) => 100 * risk),
            { least: 1, low: 0, high: 100 },
          ),
        },
        marks: [
          Plot.lineY(risks, { x: "coverage", y: "risk", stroke: "var(--one)", strokeWidth: 2 }),
          Plot.dot(risks, { x: "coverage", y: "risk", fill: "var(--one)", r: 2 }),
        ],
      }),
  };
}
