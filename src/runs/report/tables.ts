/** Tables and galleries of reports. */

import type { Metrics } from "../../evaluation/metrics.ts";
import type { Mistake } from "../../evaluation/predictions.ts";
import { classHeads, classRows, sliceHeads, sliceRows } from "../../evaluation/rows.ts";
import type { Slice } from "../../evaluation/slices.ts";
import { counted, numberText } from "../../platform/counts.ts";
import { html, type Markup } from "./page.ts";

/** Contents of a table. */
export interface Table {
  readonly caption?: string;
  readonly heads: readonly string[];
  /** one cell per head; the first is the row's header */
  readonly rows: readonly (readonly (string | number | Markup)[])[];
}

/** Renders a table that scrolls horizontally on narrow screens. */
export function table({ caption, heads, rows }: Table): Markup {
  const head = heads.map((text) => html`<th scope="col">${text}</th>`);
  const body = rows.map(([name, ...cells]) => {
    return html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  const title = caption === undefined ? undefined : html`<caption>${caption}</caption>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="table"><table>${title}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Table of recall, precision, F1 and number of images of each class. */
export const classTable = (metrics: Metrics): Markup => table({ heads: classHeads, rows: classRows(metrics) });

/** Confusion matrix of counts, with true classes as rows; cells are shaded by their share of the row. */
export function confusionTable({ confusion, classes }: Metrics): Markup {
  const head = classes.map((name) => html`<th scope="col">${name}</th>`);
  const rows = confusion.map((counts, c) => {
    const all = Math.max(
      1,
      counts.reduce((a, b) => a + b, 0),
    );
    const cells = counts.map(
      (count) => html`<td style="--share:${(count / all).toFixed(3)}">${numberText(count)}</td>`,
    );
    return html`<tr><th scope="row">${classes[c]}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="table"><table class="confusion"><caption>rows: true class, columns: predicted class</caption>
<thead><tr><th></th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Formatted JSON in a collapsed block. */
export const record = (summary: string, value: unknown): Markup =>
  html`<details><summary>${summary}</summary><pre tabindex="0">${JSON.stringify(value, null, 2)}</pre></details>`;

/** One table per metadata column, with a note on interpretation. */
export function sliceTables(slices: readonly Slice[]): Markup {
  const tables = slices.map((slice) => {
    const unknown = slice.unknown > 0 ? `; ${counted(slice.unknown, "image")} without a value` : "";
    return table({ caption: `${slice.column}${unknown}`, heads: sliceHeads, rows: sliceRows(slice) });
  });
  return html`${tables}<p>The intervals are Wilson’s, 95 %. Where two intervals overlap widely the groups may well not differ;
a group that is too small to tell has no figure.</p>`;
}

/** The most confident mistakes. */
export interface MistakeGallery {
  readonly mistakes: readonly Mistake[];
  /** thumbnails, base64 PNGs by file name; undefined if faces are excluded */
  readonly faces?: ReadonlyMap<string, string>;
}

/** Renders mistakes with their faces, or as a table without them. */
export function mistakeGallery({ mistakes, faces }: MistakeGallery): Markup {
  if (mistakes.length === 0) return html`<p>No answer was wrong.</p>`;
  const what = html`<p>The wrong answers that were given with the most confidence. Some are the model's mistakes, some the
label's; a look tells which.</p>`;
  if (faces === undefined || faces.size === 0) return html`${what}${mistakeTable(mistakes)}`;
  const figures = mistakes.flatMap((mistake) => {
    const png = faces.get(mistake.file);
    return png === undefined ? [] : [figure(mistake, png)];
  });
  return html`${what}<p class="faint">The pictures are inside this file, and in no other file of the run. Think of the people
in them before you pass it on; <code>--no-report-faces</code> leaves them out.</p><div class="faces">${figures}</div>`;
}

const figure = ({ file, truth, predicted, probability }: Mistake, png: string): Markup => html`<figure>
<img alt="a face labelled ${truth}, taken for ${predicted}" width="112" height="112" src="data:image/png;base64,${png}">
<figcaption><span class="wrong">${predicted}</span> ${Math.round(100 * probability)} %; labelled ${truth}
<br><span class="file">${file}</span></figcaption></figure>`;

const mistakeTable = (mistakes: readonly Mistake[]): Markup =>
  table({
    heads: ["file", "labelled", "taken for", "probability"],
    rows: mistakes.map(({ file, truth, predicted, probability }) => [
      file,
      truth,
      predicted,
      `${Math.round(100 * probability)} %`,
    ]),
  });
