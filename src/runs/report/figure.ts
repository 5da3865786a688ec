/** Figures of a run, an evaluation or an ablation: plots and tables with captions, for reports and for papers. */
import { commandText } from "../../platform/command.ts";
import { type DataTable, htmlTable, latexTable, tableCsv } from "./dataTable.ts";
import { type Drawing, type FigureWidth, svgOf } from "./drawing.ts";
import { exportedSvg } from "./exportedSvg.ts";
import { html, Markup } from "./page.ts";

/** A figure with the data behind it. */
export interface Figure {
  /** file name without its extension; unique in a report */
  readonly name: string;
  readonly title: string;
  /** sentences after the title */
  readonly caption: string;
  readonly data: DataTable;
  /** draws a plot; absent for a table */
  readonly draw?: (width: FigureWidth) => Drawing;
}

/** Record that figures were made of. */
export interface Origin {
  /** command that makes the figures, without `mpa-fer` */
  readonly command: string;
  /** file name of the record */
  readonly record: string;
  /** hash of the record's bytes */
  readonly sha256: string;
  /** version of this package */
  readonly version: string;
}

/** Sentence that says where a figure comes from, for its caption. */
export const originText = ({ command, record, sha256, version }: Origin): string =>
  `Made by mpa-fer ${version} (${commandText(command)}) from ${record} (SHA-256 ${sha256.slice(0, 16)}).`;

/** SVG of a plot at one width. */
export const figureSvg = ({ title, draw }: Figure, width: FigureWidth): string | undefined =>
  draw && svgOf(title, draw(width));

/** Renders a figure in a report, with its caption and downloads. */
export function figureMarkup(figure: Figure, origin?: Origin): Markup {
  const { name, title, caption, data } = figure;
  const [wide, narrow] = [figureSvg(figure, "page"), figureSvg(figure, "column")];
  const body =
    wide === undefined || narrow === undefined
      ? htmlTable(data)
      : html`<div class="wide">${new Markup(wide)}</div><div class="narrow">${new Markup(narrow)}</div>`;
  const files = [
    ...(wide === undefined ? [] : [download(`${name}.svg`, "image/svg+xml", exportedSvg(wide), "SVG")]),
    download(`${name}.csv`, "text/csv", tableCsv(data), "CSV"),
    ...(isPrinted(figure)
      ? [download(`${name}.tex`, "text/plain", latexTable(data, captionOf(figure, origin), name), "TeX")]
      : []),
  ];
  return html`<figure class="chart">${body}<figcaption><strong>${title}.</strong> ${caption}
<span class="downloads">${files}</span></figcaption></figure>`;
}

/** Whether the data of a figure are short enough to be printed as a table; those of most curves are not. */
export const isPrinted = ({ draw, data }: Figure): boolean => draw === undefined || data.rows.length <= maxPrintedRows;

const maxPrintedRows = 60;

/** Caption with the figure's title and origin. */
export const captionOf = ({ title, caption }: Figure, origin: Origin | undefined): string =>
  [`${title}.`, caption, origin === undefined ? "" : originText(origin)].filter((part) => part !== "").join(" ");

const download = (name: string, type: string, text: string, label: string): Markup =>
  html`<a download="${name}" href="data:${type};base64,${Buffer.from(text).toString("base64")}" aria-label="${label} of ${name.replace(/\.\w+$/, "")}">${label}</a> `;
