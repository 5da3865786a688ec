/** What a command answers: a text for people, JSON for programs. */
import { writeFileAtomic } from "../../platform/files.node.ts";
import type { CommandContext } from "./command.ts";
import { printable } from "./progress.ts";

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
  if (!quiet && text !== "") stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export type Cell = string | number;

const numeral = /^(-?\d+(\.\d+)?( ?%)?|NaN|–)$/;

/** Columns under their heads, two spaces apart; a column of numbers or percentages is flush right. Every row has a cell for each head. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const columns = heads.map((head, i) => {
    const cells = rows.map((row) => row[i]);
    const texts = [head, ...cells.map((cell) => printable(String(cell)))];
    const width = Math.max(...texts.map((text) => text.length));
    const isNumeric = cells.length > 0 && cells.every((cell) => numeral.test(String(cell)));
    return texts.map((text) => (isNumeric ? text.padStart(width) : text.padEnd(width)));
  });
  const lines = Array.from({ length: rows.length + 1 }, (_, i) => columns.map((column) => column[i]).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}
