/**
 * Names in texts that are written. The names of classes, files, settings, plugins and models come from elsewhere and may hold
 * anything. Each kind of text has one function that makes a name harmless there; what a program reads back is the name itself.
 *
 * | text | function | control characters and line breaks |
 * |---|---|---|
 * | one line for people: messages, progress, cells of a table | `escaped` (quote.ts) | their escapes, `\u001b` |
 * | several lines for people, and everything on a terminal | `escapedLines` | the same, but line breaks and tabs stay |
 * | HTML, and SVG that is drawn | `markupText`, by `html` in reports | the same |
 * | Markdown: model cards and tables | `markdown`, `code` and `table` (markdown.ts) | their escapes |
 * | CSV | `csvLine`, read back with `cellText` (csv.ts) | kept, in quotes |
 * | JSON, also in ONNX metadata and MLflow's tags | `JSON.stringify` | kept, as JSON's escapes |
 * | YAML: the head of a card, edited descriptions | `stringify` of the package yaml | kept, as YAML's escapes |
 * | a list with a name a line: Triton's labels | `nameLines` | refused |
 * | folders called as classes are | `requireFolderName` (folders.node.ts) | kept; a name that leads elsewhere is refused |
 */
import { type ErrorCode, MpaError } from "./errors.ts";
import { escaped, isPlainText, quoted } from "./quote.ts";

/** Text of several lines as a terminal may get it: of all control characters, only line breaks and tabs stay. */
export const escapedLines = (text: string): string => text.replace(/(?:[^\r\n\t]|\r(?!\n))+/g, (part) => escaped(part));

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // XML has no way to write these two.
  "\ufffe": "\\ufffe",
  "\uffff": "\\uffff",
};

/** Text between tags or in an attribute in double quotes, of HTML and of XML, which cannot hold control characters. */
export const markupText = (text: string): string =>
  escapedLines(text).replace(/[&<>"\ufffe\uffff]/g, (character) => entities[character]);

/** A name a line. Throws `code` where a line break or a control character in a name would shift those after it. */
export function nameLines(names: readonly string[], code: ErrorCode, where: string): string {
  const shifting = names.find((name) => !isPlainText(name));
  if (shifting !== undefined) {
    const what = `the name ${quoted(shifting)} has a line break or a control character, and ${where} has a name a line`;
    throw new MpaError(code, what, { fix: "give it another name" });
  }
  return names.map((name) => `${name}\n`).join("");
}
