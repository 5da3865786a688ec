/** Words that the project does not use, by the list in CONTRIBUTING.md, and where documents and sources have them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import ts from "typescript";
import { root } from "./contents.ts";
import { linesOf } from "./markdown.ts";

/** A word that is not used, and the term in its place. */
export interface Unwanted {
  readonly word: string;
  readonly instead: string;
}

const guide = "CONTRIBUTING.md";
const section = /^## Words\n.*?(?=^## )/ms;

/** Reads the rows `| use | not |` of the guide's section; a row may name several words, separated by commas. */
export function readUnwanted(): Unwanted[] {
  const [rows = ""] = section.exec(readFileSync(join(root, guide), "utf8")) ?? [];
  return [...rows.matchAll(/^\| ([^|]+?) \| ([^|]+?) \|$/gm)]
    .slice(1)
    .flatMap(([, instead, words]) => words.split(", ").map((word) => ({ word, instead })));
}

/** Documents, notes of changes, and sources without their tests. */
export const checkedFiles = (): string[] =>
  globSync(["*.md", "{.changeset,docs,examples,models,tools}/**/*.md", "src/**/*.{ts,tsx,html}"], {
    cwd: root,
    dot: true,
    ignore: ["**/node_modules/**", "**/*.test.ts", ".pages-*/**"],
  }).sort();

/** Lists the unwanted words of a text, one a line: file, line, word, and the term to use. */
export function unwantedIn(file: string, text: string, unwanted: readonly Unwanted[]): string[] {
  if (!unwanted.some(({ word }) => patternOf(word).test(text))) return [];
  const prose = file.endsWith(".md") ? proseOf(text) : withoutNames(text);
  return unwanted.flatMap(({ word, instead }) =>
    [...prose.matchAll(patternOf(word))].map(({ index }) => {
      const line = prose.slice(0, index).split("\n").length;
      return `${file}:${line}: "${word}", use ${instead}`;
    }),
  );
}

/** Markdown without code, targets of links, and the list of words itself; lines stay where they are. */
const proseOf = (markdown: string): string =>
  linesOf(markdown.replace(section, (list) => list.replace(/[^\n]/g, "")))
    .map(({ text, fenced }) => (fenced ? "" : text.replace(/`[^`]*`|\]\([^)]*\)/g, "")))
    .join("\n");

/** A source without its identifiers and the paths of its imports: comments, strings and text of elements are left. */
function withoutNames(source: string): string {
  const names: (readonly [start: number, end: number])[] = [];
  const visit = (node: ts.Node): void => {
    const isPath =
      ts.isStringLiteral(node) && (ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent));
    if (ts.isIdentifier(node) || isPath) names.push([node.getStart(), node.end]);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(ts.createSourceFile("a.tsx", source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX), visit);
  return names.reduce((text, [start, end]) => text.slice(0, start) + " ".repeat(end - start) + text.slice(end), source);
}

/** Finds a word, also one of several words with the end of a line or of a line of comment between them. */
const patternOf = (word: string): RegExp =>
  new RegExp(`\\b${word.replaceAll(" ", "\\s+(?:(?:\\*|//)\\s+)?")}\\b`, "gi");
