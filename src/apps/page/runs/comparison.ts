/** Comparison of two runs: metrics, classes, validation curves and settings. */

import { epochNumber, percent } from "../../../evaluation/rows.ts";
import { h, svg } from "../dom.ts";
import { markedName, type Run } from "./runs.ts";

const [width, height, margin] = [560, 220, 44];

export function curves(pair: Pair): HTMLElement {
  const all = pair.flatMap(({ validation }) => validation);
  if (all.length === 0) return h("p", { class: "faint" }, "No epoch was validated.");
  const last = Math.max(1, ...all.map(({ epoch }) => epoch));
  const low = Math.floor(10 * Math.min(...all.map(({ accuracy }) => accuracy))) / 10;
  const high = Math.max(low + 0.1, Math.ceil(10 * Math.max(...all.map(({ accuracy }) => accuracy))) / 10);
  const x = (epoch: number) => margin + ((width - 2 * margin) * epoch) / last;
  const y = (accuracy: number) => height - margin - ((height - 1.5 * margin) * (accuracy - low)) / (high - low);
  const ends = [low, high].flatMap((accuracy) => [
    svg("line", { x1: margin, x2: width - margin, y1: y(accuracy), y2: y(accuracy) }),
    svg("text", { x: 0, y: y(accuracy) + 4 }, `${Math.round(100 * accuracy)} %`),
  ]);
  const lines = pair.map(({ validation }, i) => {
    const points = validation.map(({ epoch, accuracy }) => `${x(epoch).toFixed(1)},${y(accuracy).toFixed(1)}`);
    return svg("path", { class: i === 0 ? "one" : "two", d: `M${points.join("L")}` });
  });
  const label = "Accuracy on the validation split after each epoch";
  const picture = svg(
    "svg",
    { class: "curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...ends,
    svg("text", { x: width - margin, y: height - margin / 4, "text-anchor": "end" }, `epoch ${epochNumber(last)}`),
    ...lines,
  );
  const key = pair.map(({ name }, i) => `${name}: ${i === 0 ? "solid" : "dashed"}`).join(", ");
  return h("figure", {}, picture, h("figcaption", {}, `${label}. ${key}.`));
}

/** Table of the settings that differ between two runs. */

type Config = Readonly<Record<string, unknown>>;

/** Settings that differ, except the output folder, by name: both values as text, "–" if one is missing. */
export function differences(first: Config, second: Config): (readonly [name: string, first: string, second: string])[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  return names
    .filter((name) => name !== "out")
    .map((name) => [name, textOf(first[name]), textOf(second[name])] as const)
    .filter(([, a, b]) => a !== b);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export type Pair = readonly [Run, Run];

export function comparison(pair: Pair): HTMLElement {
  const [first, second] = pair;
  const settings = differences(first.config, second.config).map(([name, a, b]) => row(name, [a, b]));
  return h(
    "section",
    { class: "card", "aria-labelledby": "comparison-title" },
    h("h3", { id: "comparison-title" }, `${first.name} and ${second.name}`),
    scroll("Figures", table("Figures on the validation split", pair, figureRows(pair))),
    curves(pair),
    scroll("Settings", table("Settings that differ", pair, settings)),
  );
}

const scroll = (label: string, content: HTMLElement): HTMLElement =>
  h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, content);

function figureRows(pair: Pair): HTMLElement[] {
  const [first, second] = pair.map(({ metrics }) => metrics);
  if (first === undefined || second === undefined) return [];
  const classes = first.classes.filter((name) => Object.hasOwn(second.perClass, name));
  const share = (name: string, a: number, b: number, smaller = false) => {
    const isBetter = smaller ? a < b : a > b;
    return row(name, [percent(a), percent(b)], a === b ? undefined : isBetter ? 0 : 1);
  };
  return [
    share("accuracy", first.accuracy, second.accuracy),
    share("UAR", first.uar, second.uar),
    share("ECE", first.ece, second.ece, true),
    row("images", [String(first.n), String(second.n)]),
    ...classes.map((name) => share(`recall of ${name}`, first.perClass[name].recall, second.perClass[name].recall)),
  ];
}

function row(name: string, values: readonly string[], better?: number): HTMLElement {
  const cells = values.map((text, i) => h("td", { class: i === better ? "number better" : "number" }, text));
  return h("tr", {}, h("th", { scope: "row" }, name), ...cells);
}

function table(caption: string, pair: Pair, rows: readonly HTMLElement[]): HTMLElement {
  if (rows.length === 0) return h("p", { class: "faint" }, `${caption}: none.`);
  const heads = pair.map((run) => h("th", { scope: "col", class: "number" }, markedName(run)));
  return h(
    "table",
    {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, h("td", {}), ...heads)),
    h("tbody", {}, ...rows),
  );
}
