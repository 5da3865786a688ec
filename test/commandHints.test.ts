/** Messages write a command as the user can type it, `npx mpa-fer …`: `commandText` of src/platform/command.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import ts from "typescript";
import { expect, it } from "vitest";
import { commands } from "../src/apps/cli/registry.ts";
import { root } from "../tools/docs/contents.ts";

const command = new RegExp(`(?<!npx )mpa-fer (${commands.map(({ name }) => name).join("|")}|--help)(?![\\w-])`);

it("finds commands in strings, templates and elements, not in comments", () => {
  const source = [
    "/** `mpa-fer train` */",
    'a("see mpa-fer train --help");',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the checked source
    "b(`${x}: npx mpa-fer serve`);",
    "const c = <code>mpa-fer doctor</code>;",
    'd("mpa-fer trains");',
  ];
  expect(spelledIn("a.tsx", source.join("\n"))).toEqual(["a.tsx:2", "a.tsx:4"]);
});

it("no message names a command that the shell may not find", () => {
  const files = globSync(["src/**/*.{ts,tsx}"], { cwd: root, ignore: ["**/*.test.ts"] }).sort();
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => spelledIn(file, readFileSync(join(root, file), "utf8")))).toEqual([]);
});

/** Places of literal text with a command: "FILE:LINE". */
function spelledIn(file: string, text: string): string[] {
  if (!command.test(text)) return [];
  const source = ts.createSourceFile(
    file,
    text,
    ts.ScriptTarget.Latest,
    true,
    file.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node) ||
      ts.isJsxText(node);
    if (isText && command.test(node.text))
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
