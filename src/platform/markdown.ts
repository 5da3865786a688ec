/** Markdown (CommonMark with GitHub's tables) from templates whose values are escaped. */
import { escaped } from "./quote.ts";

/** Markdown text, which is not escaped again when it is part of other Markdown. */
export class Markdown {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markdown;

/** Template tag for Markdown. Text and numbers are escaped, so that they are shown literally, on one line. */
export function markdown(strings: TemplateStringsArray, ...values: readonly Value[]): Markdown {
  return new Markdown(strings.map((text, i) => text + (i < values.length ? markdownOf(values[i]) : "")).join(""));
}

/** A code span, or ordinary text if a code span cannot contain it (a backtick or a table's bar). */
export function code(text: string): Markdown {
  const line = escaped(text);
  return /[`|]|^\s|\s$|^$/.test(line) ? markdown`${line}` : new Markdown(`\`${line}\``);
}

/** Joins values with a separator. */
export const joined = (parts: readonly Value[], between: string): Markdown =>
  new Markdown(parts.map(markdownOf).join(between));

/** A table; the first column is text, the others are figures. */
export function table(heads: readonly Value[], rows: readonly (readonly Value[])[]): Markdown {
  const line = (cells: readonly Value[]) => `| ${cells.map(markdownOf).join(" | ")} |`;
  const rule = `|${heads.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`;
  return new Markdown([line(heads), rule, ...rows.map(line)].join("\n"));
}

/**
 * Characters that start emphasis, code, links, images, headings, HTML, entities, cells, formulas or mentions, and automatic links.
 */
const special = /[\\`*_[\]<>|~&$#!@]|:(?=\/\/)|www(?=\.)/gi;

function markdownOf(value: Value): string {
  if (value instanceof Markdown) return value.text;
  return escaped(String(value)).replace(special, (found) => (found.length > 1 ? `${found}\\` : `\\${found}`));
}
