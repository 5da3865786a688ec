/** The worst mistakes, with their faces where they may be shown. */
import type { Mistake } from "../evaluation/mistakes.ts";
import { html, type Markup } from "./markup.ts";
import { table } from "./tables.ts";

export interface MistakeGallery {
  readonly mistakes: readonly Mistake[];
  /** base64 PNGs by file name; undefined where they were to be left out */
  readonly faces?: ReadonlyMap<string, string>;
}

export function mistakeGallery({ mistakes, faces }: MistakeGallery): Markup {
  if (mistakes.length === 0) return html`<p>No answer was wrong.</p>`;
  const what = html`<p>The wrong answers that were given with the most certainty. Some are the model's mistakes, some the
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
