/** Two runs side by side: figures, classes, epochs, and what differs in their settings. */
import { percent } from "../../evaluation/percent.ts";
import { h } from "../dom.ts";
import { curves } from "./curves.ts";
import { differences } from "./differences.ts";
import { markedName, type Run } from "./runs.ts";

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
  const classes = Object.keys(first.perClass).filter((name) => Object.hasOwn(second.perClass, name));
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
