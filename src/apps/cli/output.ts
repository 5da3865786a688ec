/** What a command answers: a text for people, JSON for programs. */
import { escapedLines } from "../../platform/escape.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { escaped } from "../../platform/quote.ts";
import type { CommandContext, Writer } from "./command.ts";

/** Standard output. A terminal obeys control characters, so it gets their escapes; a file or another program gets every byte. */
export const outputWriter = (stream: Writer & { readonly isTTY?: boolean }): Writer => ({
  write: (text) => stream.write(stream.isTTY ? escapedLines(text) : text),
});

/**
 * Gives the answer. `--json FILE` gets it as JSON, whole or not at all; `--json -` puts it on standard output, alone.
 * People get `text` on standard output, unless that is taken or they want quiet. Throws WRITE.
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

const numeral = /^(-?\d+(\.\d+)?( ?%)?|NaN|–)$/;

/** Columns under their heads, two spaces apart; a column of numbers or percentages is flush right. Every row has a cell for each head. */
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
