/** Reading and writing of comma-separated values (RFC 4180). */

import { MpaError } from "./errors.ts";

/** A parsed row. */
export interface CsvRow {
  /** 1-based line number of the row's start */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Maximum cells of a row, more than any supported table has. */
const maxCells = 10_000;

/**
 * Parses a text row by row: quoted cells may hold commas, doubled quotes and line breaks; rows end with LF or CRLF. Empty lines and
 * a byte-order mark are skipped. Throws DATASET at `where:line` for a quote that is not closed or is inside a cell, and for a
 * row of more than 10,000 cells. `firstLine` is the number of the text's first line in its file.
 */
export function* parseCsv(text: string, where: string, firstLine = 1): Generator<CsvRow> {
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let line = firstLine;
  while (at < text.length) {
    const start = line;
    const cells: string[] = [];
    let more = true;
    while (more) {
      const cell =
        text[at] === '"' ? quotedCell(text, at, `${where}:${line}`) : plainCell(text, at, `${where}:${line}`);
      if (cells.push(cell.value) > maxCells) {
        const what = `the row has more than ${maxCells} cells`;
        throw new MpaError("DATASET", what, { where: `${where}:${start}`, fix: "restore the file" });
      }
      line += cell.lineBreaks;
      at = cell.end + 1;
      more = text[cell.end] === ",";
    }
    // `at` is after the LF, or at the LF of a CRLF.
    if (text[at - 1] === "\r") at++;
    line++;
    if (cells.length > 1 || cells[0] !== "") yield { line: start, cells };
  }
}

interface Cell {
  readonly value: string;
  /** index of the comma, CR or LF after the cell, or the text's length */
  readonly end: number;
  readonly lineBreaks: number;
}

const plainEnd = /[",\n]|\r\n|$/g;

function plainCell(text: string, at: number, where: string): Cell {
  plainEnd.lastIndex = at;
  const end = plainEnd.exec(text)?.index ?? text.length;
  if (text[end] === '"') throw wrongQuote("a quote stands inside a cell", where);
  return { value: text.slice(at, end), end, lineBreaks: 0 };
}

function quotedCell(text: string, at: number, where: string): Cell {
  let close = text.indexOf('"', at + 1);
  // A doubled quote is an escaped quote and does not close the cell.
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) throw wrongQuote("a quote is not closed", where);
  const end = close + 1;
  const closed = end === text.length || text[end] === "," || text[end] === "\n" || text.startsWith("\r\n", end);
  if (!closed) throw wrongQuote("text follows a closing quote", where);
  const value = text.slice(at + 1, close).replaceAll('""', '"');
  return { value, end, lineBreaks: value.split("\n").length - 1 };
}

function wrongQuote(what: string, where: string): MpaError {
  return new MpaError("DATASET", what, { where, fix: "quote the whole cell and double the quotes in it" });
}

/**
 * Formats a row (RFC 4180) with its line break; cells are quoted if necessary. A text that a spreadsheet would evaluate as a formula
 * gets an apostrophe as prefix, which `cellText` removes; numbers do not change.
 */
export const csvLine = (cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => (typeof cell === "number" ? String(cell) : quotedText(cell))).join(",")}\r\n`;

/** The original text of a cell that `csvLine` wrote. */
export const cellText = (cell: string): string => (cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell);

/** Text that a spreadsheet evaluates as a formula, also after apostrophes, so that `csvLine` is injective. */
const formula = /^'*[=+\-@\t\r\n]/;

function quotedText(text: string): string {
  const plain = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
