/** Markdown (CommonMark with GitHub's tables) from templates whose values are made safe. */
import { escaped } from "./quote.ts";

/** Text that was made as Markdown here and goes into other Markdown as it is. */
export class Markdown {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markdown;

/** Text and numbers are escaped, so that they show as they are, on one line. */
export function markdown(strings: TemplateStringsArray, ...values: readonly Value[]): Markdown {
  return new Markdown(strings.map((text, i) => text + (i < values.length ? markdownOf(values[i]) : "")).join(""));
}

/** A code span. Text that cannot stand in one everywhere, as it holds a backtick or a table's bar, is ordinary text. */
export function code(text: string): Markdown {
  const line = escaped(text);
  return /[`|]|^\s|\s$|^$/.test(line) ? markdown`${line}` : new Markdown(`\`${line}\``);
}

/** The parts with something between them. */
export const joined = (parts: readonly Value[], between: string): Markdown =>
  new Markdown(parts.map(markdownOf).join(between));

/** A table; the first column is text, the others are figures. */
export function table(heads: readonly Value[], rows: readonly (readonly Value[])[]): Markdown {
  const line = (cells: readonly Value[]) => `| ${cells.map(markdownOf).join(" | ")} |`;
  const rule = `|${heads.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`;
  return new Markdown([line(heads), rule, ...rows.map(line)].join("\n"));
}

/** What begins emphasis, code, links, images, headings, HTML, entities, cells, formulas, mentions, or an address that becomes a link. */
const special = /[\\`*_[\]<>|~&$#!@]|:(?=\/\/)|www(?=\.)/gi;

function markdownOf(value: Value): string {
  if (value instanceof Markdown) return value.text;
  return escaped(String(value)).replace(special, (found) => (found.length > 1 ? `${found}\\` : `\\${found}`));
}
