/** Tables of figures as HTML, LaTeX (booktabs), Markdown and CSV. */
import { csvLine } from "../../platform/csv.ts";
import { latex } from "../../platform/escape.ts";
import { markdown, table as markdownRows } from "../../platform/markdown.ts";
import { html, type Markup } from "./page.ts";

/** A value with its standard deviation over seeds, or an interval. */
export interface Estimate {
  readonly value: number;
  readonly sd?: number | undefined;
  readonly interval?: readonly [low: number, high: number] | undefined;
}

/** A cell: a name, a number, an estimate, or nothing. Shares are from 0 to 1. */
export type DataCell = string | number | Estimate | undefined;

/** Formats of a column: text or whole numbers as they are, shares in percent, signed differences of shares in points, decimals. */
export type ColumnFormat = "plain" | "percent" | "points" | "decimal";

export interface Column {
  readonly head: string;
  readonly format: ColumnFormat;
  /** whether the largest value is printed in bold */
  readonly best?: true;
}

/** A table; each row has one cell per column, the first is the row's name. */
export interface DataTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly DataCell[])[];
}

/** Renders the table as HTML, with the best values in bold; it scrolls horizontally on narrow screens. */
export function htmlTable(table: DataTable): Markup {
  const head = table.columns.map((column) => html`<th scope="col">${headText(column)}</th>`);
  const rows = printedRows(table).map(([{ text: name }, ...cells]) => {
    const body = cells.map(({ text, isBest }) =>
      isBest ? html`<td class="best">${text}</td>` : html`<td>${text}</td>`,
    );
    return html`<tr><th scope="row">${name}</th>${body}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="table"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Renders the table as a LaTeX float for the package booktabs. `label` follows `tab:`. */
export function latexTable(table: DataTable, caption: string, label: string): string {
  const heads = table.columns.map((column) => latex(headText(column)));
  const printed = printedRows(table);
  const rows = printed.map((cells) => cells.map(({ text, isBest }) => inLatex(text, isBest)));
  const letters = table.columns.map((column, c) =>
    Math.max(headText(column).length, ...printed.map((cells) => cells[c].text.length)),
  );
  const isWide = letters.reduce((sum, count) => sum + count, 0) > columnLetters;
  const float = isWide ? "table*" : "table";
  const line = (cells: readonly string[]) => `    ${cells.join(" & ")} \\\\`;
  return [
    "% needs \\usepackage{booktabs}",
    `\\begin{${float}}[t]`,
    "  \\centering\\small\\setlength{\\tabcolsep}{4pt}",
    `  \\caption{${latex(caption)}}`,
    `  \\label{tab:${label}}`,
    `  \\begin{tabular}{l${"r".repeat(table.columns.length - 1)}}`,
    "    \\toprule",
    line(heads),
    "    \\midrule",
    ...rows.map(line),
    "    \\bottomrule",
    "  \\end{tabular}",
    `\\end{${float}}`,
    "",
  ].join("\n");
}

/** Characters of a row that a column of a paper has room for; a wider table spans both columns. */
const columnLetters = 48;

/** Renders the table as Markdown. */
export function markdownTable(table: DataTable): string {
  const rows = printedRows(table).map((cells) =>
    cells.map(({ text, isBest }) => (isBest ? markdown`**${text}**` : markdown`${text}`)),
  );
  return `${
    markdownRows(
      table.columns.map((column) => markdown`${headText(column)}`),
      rows,
    ).text
  }\n`;
}

/** Renders the table as CSV, with unrounded numbers; standard deviations and intervals have columns of their own. */
export function tableCsv({ columns, rows }: DataTable): string {
  const parts = columns.map((_, c) => {
    const cells = rows.map((row) => row[c]).filter((cell) => isEstimate(cell));
    return {
      sd: cells.some(({ sd }) => sd !== undefined),
      interval: cells.some(({ interval }) => interval !== undefined),
    };
  });
  const heads = columns.flatMap(({ head }, c) => [
    head,
    ...(parts[c].sd ? [`${head} sd`] : []),
    ...(parts[c].interval ? [`${head} low`, `${head} high`] : []),
  ]);
  const lines = rows.map((row) =>
    row.flatMap((cell, c) => {
      const { value, sd, interval } = isEstimate(cell) ? cell : { value: cell, sd: undefined, interval: undefined };
      return [
        value ?? "",
        ...(parts[c].sd ? [sd ?? ""] : []),
        ...(parts[c].interval ? [interval?.[0] ?? "", interval?.[1] ?? ""] : []),
      ];
    }),
  );
  return [heads, ...lines].map(csvLine).join("");
}

const isEstimate = (cell: DataCell): cell is Estimate => typeof cell === "object";

interface PrintedCell {
  readonly text: string;
  readonly isBest: boolean;
}

/** Cells as text. All rows with the largest printed value of a `best` column are marked, unless there is one row only. */
function printedRows({ columns, rows }: DataTable): PrintedCell[][] {
  const best = columns.map(({ format, best }, c) => {
    const values = rows.flatMap((row) => {
      const value = numberOf(row[c]);
      return value === undefined ? [] : [value];
    });
    return best && values.length > 1 ? printedNumber(Math.max(...values), format) : undefined;
  });
  return rows.map((row) =>
    row.map((cell, c) => {
      const { format } = columns[c];
      const value = numberOf(cell);
      return {
        text: cellText(cell, format),
        isBest: value !== undefined && best[c] !== undefined && printedNumber(value, format) === best[c],
      };
    }),
  );
}

const numberOf = (cell: DataCell): number | undefined =>
  typeof cell === "number" ? cell : isEstimate(cell) ? cell.value : undefined;

function cellText(cell: DataCell, format: ColumnFormat): string {
  if (cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  if (typeof cell === "number") return printedNumber(cell, format);
  const { value, sd, interval } = cell;
  const spread = sd === undefined ? "" : ` ± ${printedNumber(sd, format === "points" ? "percent" : format)}`;
  const range = interval === undefined ? "" : ` (${interval.map((end) => printedNumber(end, format)).join(" to ")})`;
  return `${printedNumber(value, format)}${spread}${range}`;
}

const printers: Readonly<Record<ColumnFormat, (value: number) => string>> = {
  plain: String,
  percent: (value) => (100 * value).toFixed(2),
  points: (value) => `${value >= 0 ? "+" : "−"}${(100 * Math.abs(value)).toFixed(2)}`,
  decimal: (value) => value.toFixed(3),
};

const printedNumber = (value: number, format: ColumnFormat): string => printers[format](value);

const units: Readonly<Record<ColumnFormat, string>> = { plain: "", percent: " (%)", points: " (points)", decimal: "" };

const headText = ({ head, format }: Column): string => `${head}${units[format]}`;

/** A printed cell in LaTeX, the best in bold. */
const inLatex = (text: string, isBest: boolean): string => (isBest ? `\\textbf{${latex(text)}}` : latex(text));
