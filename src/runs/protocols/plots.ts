/** Plots of protocols: of each what it is about. */
import * as Plot from "@observablehq/plot";
import type { DataTable } from "../report/dataTable.ts";
import { domainOf, drawnName, type LegendEntry, lineMark, textWidth, widths, withLegend } from "../report/drawing.ts";
import type { Figure } from "../report/figure.ts";
import { heat, heatInk } from "../report/palette.ts";
import { plotDrawing } from "../report/plot.ts";
import { estimate, type ProtocolFacts, protocolTitles, spreadText } from "./facts.ts";
import type { ProtocolName } from "./options.ts";
import { type ProtocolRow, type ProtocolScore, zeroShotName } from "./results.ts";

/** The plot of each protocol. */
export const plots: Readonly<Record<ProtocolName, (facts: ProtocolFacts) => Figure>> = {
  "few-shot": shotsFigure,
  "base-to-new": halvesFigure,
  "cross-data": matrixFigure,
  "leave-one-class-out": leftOutFigure,
  "k-fold": foldsFigure,
};

/** Accuracy and UAR against the images a class, with a band of one standard deviation over seeds, and zero-shot as a line. */
function shotsFigure({ split, seeds, rows }: ProtocolFacts): Figure {
  const trained = rows.filter(({ name }) => name !== zeroShotName);
  const zeroShot = rows.find(({ name }) => name === zeroShotName)?.scores[0];
  const series = [
    { key: "accuracy", name: "accuracy", stroke: "var(--one)", dash: "none", symbol: "circle" },
    { key: "uar", name: "UAR", stroke: "var(--two)", dash: "6,3", symbol: "square" },
  ] as const;
  const lines = series.map((each) => ({
    ...each,
    points: trained.map(({ name, scores: [score] }) => {
      const { mean, sd = 0 } = score[each.key];
      return { shots: Number(name), mean: 100 * mean, low: 100 * (mean - sd), high: 100 * (mean + sd) };
    }),
    level: zeroShot && 100 * zeroShot[each.key].mean,
  }));
  const key: readonly LegendEntry[] = [
    ...series.map(({ name, stroke, dash }) => ({ text: name, mark: lineMark(stroke, dash) })),
    ...(zeroShot ? [{ text: "zero-shot", mark: lineMark("currentColor", "1,3", "", 1.5) }] : []),
  ];
  return {
    ...{ name: "few-shot", title: "Few-shot learning" },
    caption: `Accuracy and UAR on the ${split} split; ${seeds.length > 1 ? `bands: ± one standard deviation over ${seeds.length} seeds` : "one seed"}.${zeroShot ? " Dotted: zero-shot." : ""}`,
    data: accuracyTable("images a class", rows),
    draw: (width) =>
      withLegend(
        key,
        plotDrawing({
          ...{ width: widths[width], height: width === "page" ? 300 : 210 },
          x: {
            ...{ label: "training images a class", type: "log", base: 2, tickFormat: "d" },
            ticks: trained.map(({ name }) => Number(name)),
          },
          y: {
            ...{ label: "percent", ticks: 5, nice: true, grid: true },
            domain: domainOf(
              lines.flatMap(({ points, level = Number.NaN }) => [
                ...points.flatMap(({ low, high }) => [low, high]),
                ...(Number.isNaN(level) ? [] : [level]),
              ]),
              { least: 1, low: 0, high: 100 },
            ),
          },
          marks: lines.flatMap(({ points, stroke, dash, symbol, level }) => [
            Plot.areaY(points, { x: "shots", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.15 }),
            Plot.lineY(points, { x: "shots", y: "mean", stroke, strokeDasharray: dash, strokeWidth: 2 }),
            Plot.dot(points, { x: "shots", y: "mean", fill: stroke, symbol, r: 3 }),
            ...(level === undefined ? [] : [Plot.ruleY([level], { stroke, strokeDasharray: "1,3", strokeWidth: 1.5 })]),
          ]),
        }),
      ),
  };
}

/** Bars of the accuracy on base and new classes and of their harmonic mean, beside zero-shot. */
function halvesFigure({ split, seeds, rows, summary }: ProtocolFacts): Figure {
  const parts = ["base", "new", "harmonic mean"];
  const bars = rows.flatMap(({ name, scores }) => {
    const isZeroShot = name === zeroShotName;
    const found = summary.find((figure) => figure.name.startsWith(zeroShotName) === isZeroShot)?.value;
    const values = [...scores.map(({ accuracy }) => accuracy), ...(found ? [found] : [])];
    return values.map(({ mean, sd = 0 }, i) => ({
      ...{ part: parts[i], method: isZeroShot ? zeroShotName : "trained", value: 100 * mean },
      ...{ low: 100 * (mean - sd), high: 100 * (mean + sd) },
    }));
  });
  const methods = [...new Set(bars.map(({ method }) => method))];
  const fills = new Map([
    [zeroShotName, "var(--rule)"],
    ["trained", "var(--one)"],
  ]);
  const key = methods.map((method) => ({
    text: method,
    mark: `<rect x="-9" y="-5" width="18" height="10" fill="${fills.get(method)}"></rect>`,
  }));
  return {
    ...{ name: "base-to-new", title: protocolTitles["base-to-new"] },
    caption: `Accuracy on the ${split} split, each half among its own classes, and the harmonic mean${seeds.length > 1 ? `; whiskers: ± one standard deviation over ${seeds.length} seeds` : ""}.`,
    data: {
      columns: [
        { head: "scored on", format: "plain" },
        { head: "method", format: "plain" },
        { head: "accuracy", format: "percent" },
      ],
      rows: bars.map(({ part, method, value, high }) => [
        part,
        method,
        { value: value / 100, sd: (high - value) / 100 },
      ]),
    },
    draw: (width) =>
      withLegend(
        key,
        plotDrawing({
          ...{ width: widths[width], height: width === "page" ? 280 : 200 },
          fx: { domain: parts, label: null, padding: 0.15 },
          x: { domain: methods, axis: null },
          y: { label: "accuracy (%)", domain: [0, 100], ticks: 5, grid: true },
          marks: [
            Plot.barY(bars, {
              fx: "part",
              x: "method",
              y: "value",
              fill: ({ method }: { method: string }) => fills.get(method),
            }),
            Plot.ruleX(bars, {
              fx: "part",
              x: "method",
              y1: "low",
              y2: "high",
              stroke: "currentColor",
              strokeWidth: 1.5,
            }),
            Plot.ruleY([0]),
          ],
          color: { type: "identity" },
        }),
      ),
  };
}

/** Matrix of accuracies: a row for each training set, a column for each set that is scored. */
function matrixFigure({ split, seeds, rows }: ProtocolFacts): Figure {
  const names = rows.map(({ name }) => name);
  const cells = rows.flatMap(({ scores }, y) =>
    scores.map(({ accuracy: { mean, sd } }, x) => ({
      ...{ x, y, share: mean },
      text: sd === undefined ? (100 * mean).toFixed(1) : `${(100 * mean).toFixed(1)} ± ${(100 * sd).toFixed(1)}`,
    })),
  );
  return {
    ...{ name: "cross-data", title: protocolTitles["cross-data"] },
    caption: `Accuracy in percent on the ${split} splits, on the classes that both sets have; ${spreadText(seeds)}.`,
    data: {
      columns: [
        { head: "trained on", format: "plain" },
        ...rows[0].scores.map(({ on }) => ({ head: `on ${on}`, format: "percent" }) as const),
      ],
      rows: rows.map(({ name, scores }) => [name, ...scores.map(({ accuracy }) => estimate(accuracy))]),
    },
    draw: (width) => {
      const shown = names.map((name) => drawnName(name, 14));
      const axis = { domain: names.map((_, i) => i), tickFormat: (i: number) => shown[i], tickSize: 0 };
      return plotDrawing({
        ...{ width: widths[width], height: 70 + 44 * names.length, marginLeft: 34 + textWidth(shown), padding: 0.04 },
        x: { ...axis, label: "scored on" },
        y: { ...axis, label: "trained on", labelOffset: 22 + textWidth(shown) },
        color: { type: "identity" },
        marks: [
          Plot.cell(cells, { x: "x", y: "y", fill: ({ share }: { share: number }) => heat(share) }),
          Plot.text(cells, { x: "x", y: "y", text: "text", fill: ({ share }: { share: number }) => heatInk(share) }),
        ],
      });
    },
  };
}

/** The recall of each class that was left out, beside the accuracy on all classes. */
function leftOutFigure({ split, rows }: ProtocolFacts): Figure {
  const lines = rows.map(({ name, scores: [{ recall, accuracy }] }) => ({ name, recall, accuracy }));
  return rowFigure(
    rows,
    {
      name: "left-out",
      title: protocolTitles["leave-one-class-out"],
      caption: `On the ${split} split, among all classes: the recall of the class that the training lacked, and the accuracy of that model.`,
    },
    [
      {
        text: "recall of the class left out",
        fill: "var(--two)",
        symbol: "square",
        values: lines.map(({ recall }) => recall?.mean),
      },
      { text: "accuracy", fill: "var(--one)", symbol: "circle", values: lines.map(({ accuracy }) => accuracy.mean) },
    ],
  );
}

/** Accuracy and UAR of each fold. */
function foldsFigure({ split, rows }: ProtocolFacts): Figure {
  return rowFigure(
    rows,
    { name: "folds", title: protocolTitles["k-fold"], caption: `Accuracy and UAR on the ${split} split of each fold.` },
    [
      {
        text: "accuracy",
        fill: "var(--one)",
        symbol: "circle",
        values: rows.map(({ scores: [score] }) => score.accuracy.mean),
      },
      { text: "UAR", fill: "var(--two)", symbol: "square", values: rows.map(({ scores: [score] }) => score.uar.mean) },
    ],
  );
}

interface DotSeries {
  readonly text: string;
  readonly fill: string;
  readonly symbol: "circle" | "square";
  /** a share for each row */
  readonly values: readonly (number | undefined)[];
}

/** Dots of one or two series for each row. */
function rowFigure(
  rows: readonly ProtocolRow[],
  { name, title, caption }: Pick<Figure, "name" | "title" | "caption">,
  series: readonly DotSeries[],
): Figure {
  const shown = rows.map((row) => drawnName(row.name, 20));
  const key = series.map(({ text, fill, symbol }) => ({
    text,
    mark:
      symbol === "circle"
        ? `<circle r="4" fill="${fill}"></circle>`
        : `<rect x="-4" y="-4" width="8" height="8" fill="${fill}"></rect>`,
  }));
  const points = series.map((each) => ({
    ...each,
    points: each.values.flatMap((value, row) => (value === undefined ? [] : [{ row, value: 100 * value }])),
  }));
  const domain = domainOf(
    points.flatMap((each) => each.points.map(({ value }) => value)),
    { least: 1, low: 0, high: 100 },
  );
  return {
    ...{ name, title, caption },
    data: {
      columns: [
        { head: "row", format: "plain" },
        ...series.map(({ text }) => ({ head: text, format: "percent" }) as const),
      ],
      rows: rows.map((row, i) => [row.name, ...series.map(({ values }) => values[i])]),
    },
    draw: (width) =>
      withLegend(
        key,
        plotDrawing({
          ...{ width: widths[width], height: 48 + 22 * rows.length, marginLeft: 14 + textWidth(shown) },
          y: { domain: rows.map((_, i) => i), tickFormat: (i: number) => shown[i], label: null, tickSize: 0 },
          x: { label: "percent", ticks: 5, grid: true, nice: true, domain },
          marks: points.map(({ points: own, fill, symbol }) =>
            Plot.dot(own, { x: "value", y: "row", fill, symbol, r: 4 }),
          ),
        }),
      ),
  };
}

const accuracyTable = (head: string, rows: readonly ProtocolRow[]): DataTable => ({
  columns: [
    { head, format: "plain" },
    { head: "accuracy", format: "percent" },
    { head: "UAR", format: "percent" },
  ],
  rows: rows.map(({ name, scores: [{ accuracy, uar }] }: { name: string; scores: readonly ProtocolScore[] }) => [
    ...[name, estimate(accuracy), estimate(uar)],
  ]),
});
