/** All runs, each with a box to choose it. */

import { percent } from "../../evaluation/percent.ts";
import { button, h } from "../dom.ts";
import { showReport } from "./report.ts";
import { markedName, type RunSummary } from "./runs.ts";

const heads = ["compare", "run", "variant", "data", "backbone", "accuracy", "UAR", "images", "epochs", "report"];
const numbers = new Set(["accuracy", "UAR", "images", "epochs"]);

export function runTable(
  runs: readonly RunSummary[],
  choose: (name: string, on: boolean) => void,
  chosen: ReadonlySet<string>,
): HTMLTableElement {
  const head = heads.map((name) => h("th", { scope: "col", class: numbers.has(name) ? "number" : undefined }, name));
  return h(
    "table",
    {},
    h("caption", {}, "Figures of the best epoch on the validation split"),
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...runs.map((run) => row(run, choose, chosen.has(run.name)))),
  );
}

function row(run: RunSummary, choose: (name: string, on: boolean) => void, checked: boolean): HTMLElement {
  const { name, metrics } = run;
  const box = h("input", { type: "checkbox", checked, "aria-label": `compare ${name}` });
  box.addEventListener("change", () => choose(name, box.checked));
  const number = (text: string | number) => h("td", { class: "number" }, String(text));
  const report = button("report", () => void showReport(name), { class: "quiet", "aria-label": `report of ${name}` });
  return h(
    "tr",
    {},
    h("td", {}, box),
    h("th", { scope: "row" }, markedName(run), run.finished ? "" : " (not finished)"),
    ...[run.variant, run.dataset, run.backbone].map((text) => h("td", {}, text)),
    number(metrics ? percent(metrics.accuracy) : ""),
    number(metrics ? percent(metrics.uar) : ""),
    number(metrics?.n ?? ""),
    number(run.epochs),
    h("td", {}, run.report ? report : ""),
  );
}
