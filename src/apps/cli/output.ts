/** Command output: text for people, JSON for programs. */
import { escapedLines } from "../../platform/escape.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { escaped } from "../../platform/quote.ts";
import type { CommandContext, Writer } from "./command.ts";

/** Wraps standard output. Control characters are escaped on a terminal; files and other programs receive every byte unchanged. */
export const outputWriter = (stream: Writer & { readonly isTTY?: boolean }): Writer => ({
  write: (text) => stream.write(stream.isTTY ? escapedLines(text) : text),
});

/**
 * Writes the answer. `--json FILE` writes it atomically as JSON; `--json -` writes only JSON to standard output. `text` goes
 * to standard output unless that is in use or `--quiet` is set. Throws WRITE.
 */
export async function answer(
  value: unknown,
  text: string,
  json: string | undefined,
  { stdout, quiet }: Pick<CommandContext, "stdout" | "quiet">,
): Promise<void> {
  const document = `${JSON.stringify(value, null, 2)}\n`;
  if (json === "-") {
    stdout.write(document);
    return;
  }
  if (json !== undefined) await writeFileAtomic(json, document);
  if (quiet || text === "") return;
  const lines = escapedLines(text);
  stdout.write(lines.endsWith("\n") ? lines : `${lines}\n`);
}

export type Cell = string | number;

const numeral = /^(-?\d+(,\d{3})*(\.\d+)?( ?%)?|NaN|–)$/;

/** Width of wrapped tables, as of help. */
const widest = 100;

/** Formats a table of texts whose widest columns are wrapped at spaces, so that no line is longer than `max` characters where words allow it. */
export function wrappedTable(heads: readonly string[], rows: readonly (readonly string[])[], max = widest): string {
  const natural = heads.map((head, i) => Math.max(...[head, ...rows.map((row) => row[i])].map((cell) => cell.length)));
  const room = max - 2 * (heads.length - 1);
  const total = (cap: number) => natural.reduce((sum, width) => sum + Math.min(width, cap), 0);
  let cap = Math.max(...natural);
  while (cap > narrowest && total(cap) > room) cap--;
  const lines = rows.flatMap((row) => {
    const cells = row.map((cell) => wrapped(cell, cap));
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ""));
  });
  return table(heads, lines);
}

/** Characters of the narrowest column that is wrapped. */
const narrowest = 12;

/** Lines of a text, broken at spaces; a word that is longer stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * Formats a table with two spaces between columns; numbers and percentages are right-aligned. Every row has one cell per
 * head.
 */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const columns = heads.map((head, i) => {
    const cells = rows.map((row) => row[i]);
    const texts = [escaped(head), ...cells.map((cell) => escaped(String(cell)))];
    const width = Math.max(...texts.map((text) => text.length));
    const isNumeric = cells.length > 0 && cells.every((cell) => numeral.test(String(cell)));
    return texts.map((text) => (isNumeric ? text.padStart(width) : text.padEnd(width)));
  });
  const lines = Array.from({ length: rows.length + 1 }, (_, i) => columns.map((column) => column[i]).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}
