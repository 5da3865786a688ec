/** Tables of figures. */
import { classHeads, classRows } from "../evaluation/classRows.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { html, type Markup } from "./markup.ts";

export interface Table {
  readonly caption?: string;
  readonly heads: readonly string[];
  /** one cell a head; the first names the row */
  readonly rows: readonly (readonly (string | number | Markup)[])[];
}

export function table({ caption, heads, rows }: Table): Markup {
  const head = heads.map((text) => html`<th scope="col">${text}</th>`);
  const body = rows.map(([name, ...cells]) => {
    return html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  const title = caption === undefined ? undefined : html`<caption>${caption}</caption>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="table"><table>${title}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Recall, precision, F1 and images of each class. */
export const classTable = (metrics: Metrics): Markup => table({ heads: classHeads, rows: classRows(metrics) });

/** Counts, rows true and columns predicted; a cell is the darker the larger its share of its row. */
export function confusionTable({ confusion, perClass }: Metrics): Markup {
  const classes = Object.keys(perClass);
  const head = classes.map((name) => html`<th scope="col">${name}</th>`);
  const rows = confusion.map((counts, c) => {
    const all = Math.max(
      1,
      counts.reduce((a, b) => a + b, 0),
    );
    const cells = counts.map((count) => html`<td style="--share:${(count / all).toFixed(3)}">${count}</td>`);
    return html`<tr><th scope="row">${classes[c]}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="table"><table class="confusion"><caption>rows: true class, columns: predicted class</caption>
<thead><tr><th></th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Anything as formatted JSON behind a line to open. */
export const record = (summary: string, value: unknown): Markup =>
  html`<details><summary>${summary}</summary><pre tabindex="0">${JSON.stringify(value, null, 2)}</pre></details>`;
