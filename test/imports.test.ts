/**
 * The module structure (CONTRIBUTING.md, The ten modules): each module imports only from earlier ones, the entries of a
 * folder have no circular imports, and browser code does not reach Node.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const source = join(import.meta.dirname, "../src");
/** Modules in order: each imports only from those before it. */
const modules = [
  ...["platform", "graph", "pictures", "clip", "data", "evaluation", "method", "faces", "runs", "apps"],
  ...["portable.ts", "index.ts", "browser.ts", "extend.ts", "graph.ts"],
];
/** Modules that also run in browsers, except their `.node.ts` files; `.web.ts` files run in browsers only. */
const shared = ["platform", "graph", "pictures", "clip", "data", "evaluation", "method", "faces"];
const nodePackages = ["onnxruntime-node", "sharp", "yauzl", "tinyglobby", "@huggingface/hub"];

interface Import {
  readonly target: string;
  /** type-only import, erased by the compiler */
  readonly isType: boolean;
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"))
  .sort();
const imports = new Map(files.map((file) => [file, importsOf(file)]));

describe("imports", () => {
  it("go from the outer module to the inner", () => {
    const unknown = files.filter((file) => !modules.includes(entryOf(file)));
    expect(unknown, "files in no module").toEqual([]);
    expect(edges().filter(([from, to]) => levelOf(to) > levelOf(from))).toEqual([]);
  });

  it("form no circle among the files and folders of any folder", () => {
    const folders = new Set(files.flatMap((file) => ancestors(file)));
    expect([...folders].flatMap((folder) => circles(folder))).toEqual([]);
  });

  it("of what browsers load never reach Node", () => {
    const reached = reachable(files.filter((file) => file === "browser.ts" || file.startsWith("apps/page/")));
    expect(reached.size).toBeGreaterThan(50);
    const outside = [...reached].filter((file) => /^(runs|apps)\//.test(file) && !file.startsWith("apps/page/"));
    expect([...reached].filter((file) => usesNode(file) || file.endsWith(".node.ts"))).toEqual([]);
    expect(outside).toEqual([]);
  });

  it("of Node are named so in the modules that browsers share", () => {
    const inner = files.filter((file) => shared.includes(entryOf(file)));
    const unnamed = inner.filter((file) => !file.endsWith(".node.ts") && [...reachable([file])].some(usesNode));
    expect(unnamed).toEqual([]);
    const misnamed = inner.filter((file) => file.endsWith(".node.ts") && ![...reachable([file])].some(usesNode));
    expect(misnamed).toEqual([]);
  });

  it("of fast tests reach neither a browser nor a process of the program", () => {
    const tests = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".test.ts"),
    );
    const fast = tests.filter((name) => !name.endsWith(".slow.test.ts"));
    const slow = /"playwright-core"|test\/(browser|crashes|fuzz|scale)\/|"(tsx|[^"]*cli\/main\.ts)"/;
    expect(fast.length).toBeGreaterThan(50);
    expect(fast.filter((name) => slow.test(readFileSync(join(source, name), "utf8")))).toEqual([]);
  });
});

function importsOf(file: string): Import[] {
  const path = join(source, file);
  const parsed = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    if (!text.startsWith(".")) found.push({ target: text, isType });
    else if (/\.tsx?$/.test(text)) found.push({ target: relative(source, join(dirname(path), text)), isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isErased(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

function isErased(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function edges(): [string, string][] {
  return [...imports].flatMap(([from, list]) =>
    list.filter(({ target }) => imports.has(target)).map(({ target }): [string, string] => [from, target]),
  );
}

const entryOf = (file: string, folder = ""): string => file.slice(folder.length).split("/")[0];
const levelOf = (file: string): number => modules.indexOf(entryOf(file));
const ancestors = (file: string): string[] =>
  file.split("/").map((_, i, parts) =>
    parts
      .slice(0, i)
      .map((part) => `${part}/`)
      .join(""),
  );

/** Pairs of a folder's entries that import each other, directly or not; type imports count. */
function circles(folder: string): string[] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of edges()) {
    if (!from.startsWith(folder) || !to.startsWith(folder)) continue;
    const [a, b] = [entryOf(from, folder), entryOf(to, folder)];
    if (a !== b) next.set(a, (next.get(a) ?? new Set()).add(b));
  }
  const reach = (start: string) => closure([...(next.get(start) ?? [])], (entry) => [...(next.get(entry) ?? [])]);
  return [...next.keys()].filter((entry) => reach(entry).has(entry)).map((entry) => `${folder}${entry}`);
}

/** Files that these load at run time, transitively. */
const reachable = (start: readonly string[]): Set<string> =>
  closure(start, (file) =>
    (imports.get(file) ?? [])
      .filter(({ target, isType }) => !isType && imports.has(target))
      .map(({ target }) => target),
  );

function closure(start: readonly string[], next: (entry: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...start];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    if (found.has(entry)) continue;
    found.add(entry);
    open.push(...next(entry));
  }
  return found;
}

const usesNode = (file: string): boolean =>
  (imports.get(file) ?? []).some(
    ({ target, isType }) => !isType && (target.startsWith("node:") || nodePackages.includes(target)),
  );
