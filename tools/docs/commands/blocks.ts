/** Fenced code blocks of a page, with the directives in comments above them. */
import { linesOf } from "../markdown.ts";

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
  /** of the first line of code, counted from 1 */
  readonly line: number;
  /** reason why it is not run: from `<!-- not run: … -->` on the line above the fence */
  readonly notRun?: string;
  /** from `<!-- in a browser -->`: `mpa-fer` is the library for browsers */
  readonly inBrowser: boolean;
}

/** Lists the blocks of a page in order. */
export function blocksOf(page: string, markdown: string): Block[] {
  const lines = linesOf(markdown);
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].fenced) continue;
    const length = lines.slice(i + 1).findIndex(({ text }) => /^ *`{3,} *$/.test(text));
    const body = lines.slice(i + 1, i + 1 + length).map(({ text }) => text);
    const language = lines[i].text.replace(/^[ `]+/, "").trim();
    const above = lines[i - 1]?.text ?? "";
    const notRun = /^<!-- not run: (.+) -->$/.exec(above)?.[1];
    const inBrowser = above === "<!-- in a browser -->";
    blocks.push({ page, language, code: `${body.join("\n")}\n`, line: i + 2, notRun, inBrowser });
    i += length + 1;
  }
  return blocks;
}
