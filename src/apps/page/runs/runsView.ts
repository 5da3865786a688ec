/** View that lists the runs of the server's folder, shows their reports and compares two of them. */
import { percent } from "../../../evaluation/rows.ts";
import { button, h, type View } from "../dom.ts";
import { comparison } from "./comparison.ts";
import { fetchRun, listRuns, markedName, type RunSummary, showReport } from "./runs.ts";

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

export function runsView(): View {
  const content = h("div", {}, h("p", { class: "faint" }, "Asking the server…"));
  const below = h("div", {});
  const status = h("p", { role: "status" });
  const chosen = new Set<string>();

  const choose = async (name: string, isChosen: boolean) => {
    if (isChosen) chosen.add(name);
    else chosen.delete(name);
    const [first, second, ...more] = chosen;
    below.replaceChildren();
    if (second === undefined || more.length > 0) {
      status.textContent = more.length > 0 ? "Choose two runs to compare, not more." : "Choose two runs to compare.";
      return;
    }
    try {
      below.replaceChildren(comparison(await Promise.all([fetchRun(first), fetchRun(second)])));
      status.textContent = `${first} and ${second} are compared below.`;
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const show = async () => {
    try {
      const runs = await listRuns();
      content.replaceChildren(...shown(runs, (name, on) => void choose(name, on), chosen));
    } catch {
      const what = "Runs are on a server: start it with mpa-fer serve --runs DIR, where DIR holds run folders.";
      content.replaceChildren(h("p", {}, what));
    }
  };
  const title = h("h2", { id: "runs-title" }, "Runs");
  const element = h("section", { "aria-labelledby": "runs-title" }, title, content, status, below);
  return { element, show: () => void show() };
}

function shown(
  runs: readonly RunSummary[],
  choose: (name: string, on: boolean) => void,
  chosen: ReadonlySet<string>,
): HTMLElement[] {
  if (runs.length === 0) return [h("p", {}, "There is no run in the server's folder.")];
  return [
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "All runs" },
      runTable(runs, choose, chosen),
    ),
  ];
}
