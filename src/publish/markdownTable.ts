/** Rows as a Markdown table; the first column is text, the others are figures. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `|${heads.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`;
  return [line(heads), rule, ...rows.map(line)].join("\n");
}
