/**
 * Escaping of untrusted names in output. The names of classes, files, settings, plugins and models may contain any characters. Each
 * output format has one function that escapes them; programs that parse the output get the original name.
 *
 * | text | function | control characters and line breaks |
 * |---|---|---|
 * | one line for people: messages, progress, cells of a table | `escaped` (quote.ts) | their escapes, `\u001b` |
 * | several lines for people, and everything on a terminal | `escapedLines` | the same, except line breaks and tabs |
 * | HTML, and SVG that is drawn | `markupText`, by `html` in reports | the same |
 * | Markdown: model cards and tables | `markdown`, `code` and `table` (markdown.ts) | their escapes |
 * | SVG whose text a library escapes: plots | `xmlText` | the same |
 * | LaTeX: tables and captions | `latex` | their escapes |
 * | CSV | `csvLine`, parsed with `cellText` (csv.ts) | retained, in quotes |
 * | JSON, also in ONNX metadata and MLflow's tags | `JSON.stringify` | retained, as JSON's escapes |
 * | YAML: the head of a card, edited descriptions | `stringify` of the package yaml | retained, as YAML's escapes |
 * | a list with one name per line: Triton's labels | `nameLines` | rejected |
 * | folders named after classes | `requireFolderName` (folders.node.ts) | retained; a name that is a path is rejected |
 */
import { type ErrorCode, MpaError } from "./errors.ts";
import { escaped, isPlainText, quoted } from "./quote.ts";

/** Escapes text of several lines for a terminal: all control characters except line breaks and tabs. */
export const escapedLines = (text: string): string => text.replace(/(?:[^\r\n\t]|\r(?!\n))+/g, (part) => escaped(part));

/** Escapes the characters that XML cannot represent: control characters and U+FFFE, U+FFFF. Markup stays as it is. */
export const xmlText = (text: string): string =>
  escapedLines(text).replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes text for HTML and XML, in elements and double-quoted attributes. XML does not allow control characters. */
export const markupText = (text: string): string =>
  xmlText(text).replace(/[&<>"]/g, (character) => entities[character]);

/** Commands for characters that are special to LaTeX, or stand for others in its default font encoding OT1. */
const latexCommands: Readonly<Record<string, string>> = {
  ...{ "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "`": "\\textasciigrave{}" },
  ...{ "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}" },
  ...{ "{": "\\{", "}": "\\}", $: "\\$", "&": "\\&", "#": "\\#", _: "\\_", "%": "\\%" },
  // After the end of a row, these would be read as its arguments.
  ...{ "[": "{[}", "]": "{]}", "*": "{*}" },
  '"': "{''}",
  // pdfLaTeX has these in math only.
  ...{ "\u00b1": "$\\pm$", "\u2212": "$-$" },
};

/**
 * Escapes text for LaTeX, on one line. Repeated hyphens, commas and apostrophes form no ligature. Letters that the document's fonts
 * lack, such as Chinese ones under pdfLaTeX, stay as they are.
 */
export const latex = (text: string): string =>
  xmlText(escaped(text)).replace(
    /[\\~^`<>|{}$&#_%[\]*"\u00b1\u2212]|([-,'])(?=\1)/g,
    (found) => latexCommands[found] ?? `${found}{}`,
  );

/** Formats a list with one name per line. Throws `code` for a name with a line break or control character. */
export function nameLines(names: readonly string[], code: ErrorCode, where: string): string {
  const shifting = names.find((name) => !isPlainText(name));
  if (shifting !== undefined) {
    const what = `the name ${quoted(shifting)} has a line break or a control character, and ${where} has a name a line`;
    throw new MpaError(code, what, { fix: "give it another name" });
  }
  return names.map((name) => `${name}\n`).join("");
}
