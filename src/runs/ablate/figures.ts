/** Figures of an ablation: its table, and plots of the rows' accuracy and gain. */
import * as Plot from "@observablehq/plot";
import type { Spread } from "../../evaluation/spread.ts";
import type { Column } from "../report/dataTable.ts";
import { domainOf, drawnName, type LegendEntry, textWidth, widths, withLegend } from "../report/drawing.ts";
import type { Figure } from "../report/figure.ts";
import { plotDrawing } from "../report/plot.ts";
import type { RowScores, RowSummary } from "./summary.ts";

/** Titles of the paper's tables and of the baselines. */
export const titles: Readonly<Record<string, string>> = {
  components: "Table 1: the parts of the method",
  prompts: "Table 2: hard prompts and soft-hard alignment",
  prototypes: "Table 3: images that make a prototype",
  backbones: "Table 4: backbones",
  baselines: "Baselines",
};

/** Facts of an ablation that its captions state. */
export interface AblationFacts {
  readonly table: string;
  readonly split: string;
  readonly seeds: readonly number[];
  /** caveat of the paper's protocol, which every caption states */
  readonly protocol?: string | undefined;
}

/** All figures of an ablation; those of the test split have names that begin with `test-`. */
export function ablationFigures(rows: readonly RowSummary[], facts: AblationFacts): Figure[] {
  const tested = rows.flatMap(({ test, ...row }) => (test ? [{ ...row, ...test }] : []));
  return [
    ...scoreFigures(rows, facts),
    ...(tested.length > 0
      ? scoreFigures(tested, { ...facts, split: "test" }).map((figure) => ({ ...figure, name: `test-${figure.name}` }))
      : []),
  ];
}

type NamedRow = RowScores & Pick<RowSummary, "name" | "parameters" | "mebibytes" | "paper">;

function scoreFigures(rows: readonly NamedRow[], facts: AblationFacts): Figure[] {
  const gained = rows.some(({ gain }) => gain !== undefined);
  const figures = [tableFigure(rows, facts), accuracyFigure(rows, facts), ...(gained ? [gainFigure(rows, facts)] : [])];
  const { protocol } = facts;
  if (protocol === undefined) return figures;
  return figures.map((figure) => ({
    ...figure,
    caption: `Not a figure of unseen data: ${protocol}. ${figure.caption}`,
  }));
}

function tableFigure(rows: readonly NamedRow[], { table, split, seeds }: AblationFacts): Figure {
  const hasPaper = rows.some(({ paper }) => paper !== undefined);
  const columns: readonly Column[] = [
    { head: "row", format: "plain" },
    { head: "accuracy", format: "percent", best: true },
    { head: "UAR", format: "percent", best: true },
    { head: "gain", format: "points" },
    { head: "p", format: "decimal" },
    { head: "parameters", format: "plain" },
    { head: "MiB (16 bit)", format: "decimal" },
    ...(hasPaper ? [{ head: "paper", format: "percent" } as const] : []),
  ];
  const spreadText = seeds.length > 1 ? `mean ± standard deviation over seeds ${seeds.join(", ")}` : `seed ${seeds[0]}`;
  return {
    ...{ name: "table", title: titleOf(table) },
    caption: `On the ${split} split; ${spreadText}. Gain over the previous row, with 95 % paired bootstrap intervals over images and p from the same resamples. Bold: best.${hasPaper ? " Paper: its accuracy with OpenAI's CLIP and its own protocol, which does not compare with another backbone or data set." : ""}`,
    data: {
      columns,
      rows: rows.map(({ name, accuracy, uar, gain, parameters, mebibytes, paper }) => [
        ...[name, estimate(accuracy), estimate(uar)],
        gain && { value: gain.difference, interval: gain.interval },
        ...[gain?.p, parameters, mebibytes],
        ...(hasPaper ? [paper && paper / 100] : []),
      ]),
    },
  };
}

/** Title without the number of the paper's table, since documents number tables themselves. */
const titleOf = (table: string): string => {
  const title = (titles[table] ?? "Ablation").replace(/^Table \d: /, "");
  return `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`;
};

const estimate = ({ mean, sd }: Spread) => ({ value: mean, sd });

/** Height of a row in the plots, pixels. */
const rowHeight = 22;

const frame = (names: readonly string[], width: number) => ({
  ...{ width, height: 48 + rowHeight * names.length, marginLeft: 14 + textWidth(names) },
  y: { domain: names.map((_, i) => i), tickFormat: (i: number) => names[i], label: null, tickSize: 0 },
});

function accuracyFigure(rows: readonly NamedRow[], { split, seeds }: AblationFacts): Figure {
  const runs = rows.flatMap(({ runs: cells }, row) => cells.map(({ accuracy }) => ({ row, accuracy })));
  const means = rows.map(({ accuracy }, row) => ({ row, accuracy: accuracy.mean }));
  const key: readonly LegendEntry[] = [
    { text: "one seed", mark: `<circle r="3" fill="var(--one)" fill-opacity="0.6"></circle>` },
    { text: "mean", mark: `<path d="M0,-6V6" stroke="var(--two)" stroke-width="3"></path>` },
  ];
  return {
    ...{ name: "accuracy", title: "Accuracy by row" },
    caption: `On the ${split} split, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"} a row.`,
    data: {
      columns: [
        { head: "row", format: "plain" },
        { head: "seed", format: "plain" },
        { head: "accuracy", format: "percent" },
        { head: "UAR", format: "percent" },
      ],
      rows: rows.flatMap(({ name, runs: cells }) =>
        cells.map(({ seed, accuracy, uar }) => [name, seed, accuracy, uar]),
      ),
    },
    draw: (width) =>
      withLegend(
        key,
        plotDrawing({
          ...frame(
            rows.map(({ name }) => drawnName(name, 24)),
            widths[width],
          ),
          x: {
            ...{ label: "accuracy (%)", percent: true, ticks: 5, grid: true, nice: true },
            domain: domainOf(
              runs.map(({ accuracy }) => 100 * accuracy),
              { least: 1, low: 0, high: 100 },
            ),
          },
          marks: [
            Plot.dot(runs, { x: "accuracy", y: "row", fill: "var(--one)", fillOpacity: 0.6, r: 3 }),
            Plot.tickX(means, { x: "accuracy", y: "row", stroke: "var(--two)", strokeWidth: 3, inset: 4 }),
          ],
        }),
      ),
  };
}

function gainFigure(rows: readonly NamedRow[], { split }: AblationFacts): Figure {
  const gains = rows.flatMap(({ gain }, row) =>
    gain ? [{ row, gain: gain.difference, low: gain.interval[0], high: gain.interval[1] }] : [],
  );
  return {
    ...{ name: "gain", title: "Gain in accuracy over the previous row" },
    caption: `On the ${split} split, with 95 % paired bootstrap intervals over images.`,
    data: {
      columns: [
        { head: "row", format: "plain" },
        { head: "gain", format: "points" },
        { head: "p", format: "decimal" },
      ],
      rows: rows.flatMap(({ name, gain }) =>
        gain ? [[name, { value: gain.difference, interval: gain.interval }, gain.p]] : [],
      ),
    },
    draw: (width) =>
      plotDrawing({
        ...frame(
          rows.map(({ name }) => drawnName(name, 24)),
          widths[width],
        ),
        x: {
          ...{ label: "gain (percentage points)", percent: true, ticks: 5, grid: true, nice: true },
          domain: domainOf([0, ...gains.flatMap(({ low, high }) => [100 * low, 100 * high])], { least: 1 }),
        },
        marks: [
          Plot.ruleX([0], { stroke: "currentColor", strokeDasharray: "4,4" }),
          Plot.ruleY(gains, { y: "row", x1: "low", x2: "high", stroke: "var(--one)", strokeWidth: 2 }),
          Plot.dot(gains, { x: "gain", y: "row", fill: "var(--one)", r: 3.5 }),
        ],
      }),
  };
}
