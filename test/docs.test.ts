/** Documents: links resolve, the commands are valid, and the examples match the library's types. */
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPlugin, type Plugin, removePlugin } from "../src/apps/plugins.ts";
import { type Block, blocksOf } from "../tools/docs/commands/blocks.ts";
import { faultOf } from "../tools/docs/commands/checkCall.ts";
import { callsOf } from "../tools/docs/commands/recorded.ts";
import { typeErrors } from "../tools/docs/commands/typedExamples.ts";
import { readPages, root } from "../tools/docs/contents.ts";
import { brokenLinks, markdownFiles } from "../tools/docs/links.ts";
import { sitePage } from "../tools/docs/site/sitePage.ts";
import { Guide } from "./guide.ts";

const files = markdownFiles();
const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const blocks = files.flatMap((file) => blocksOf(file, textOf(file)));
const shell = blocks.filter(({ language }) => language === "sh");
const block = (code: string): Block => ({ page: "docs/a.md", language: "sh", code, line: 1, inBrowser: false });

// Commands may use names that the modules of docs/extending.md and the examples add.
let modules: string;
const plugins: Plugin[] = [];
beforeAll(async () => {
  modules = await mkdtemp(join(tmpdir(), "mpa-fer-modules-"));
  await Guide.unpack("docs/extending.md", modules);
  const examples = ["clipAdapter.ts", "coCoOp.ts"].map((name) => join(root, "examples/plugins", name));
  const added = (await readdir(modules)).map((name) => join(modules, name));
  for (const file of [...examples, ...added]) plugins.push(await loadPlugin(file));
});
afterAll(async () => {
  for (const plugin of plugins) removePlugin(plugin);
  await rm(modules, { recursive: true, force: true });
});

it("every link, path and script in prose exists", () => {
  expect(files.length).toBeGreaterThan(15);
  expect(files.flatMap((file) => brokenLinks(file, textOf(file)))).toEqual([]);
});

it("finds missing files, anchors, names in sources, paths and scripts", () => {
  const page = [
    "# A `b`",
    "[1](no.md) [2](using.md#no) [3](#a-b) [4](#no) [5](../src/platform/errors.ts#No)",
    "`src/no.ts` `npm run no`",
  ];
  const found = brokenLinks("docs/a.md", page.join("\n"));
  const at2 = ["no.md", "using.md#no", "#no", "../src/platform/errors.ts#No"].map((target) => `docs/a.md:2: ${target}`);
  expect(found).toEqual([...at2, "docs/a.md:3: src/no.ts", "docs/a.md:3: npm run no"]);
});

it("the program, npm and the tools accept every command", () => {
  const calls = shell.flatMap((each) => callsOf(each).map((call) => ({ ...each, call })));
  expect(calls.length).toBeGreaterThan(80);
  const faults = calls.map(({ page, line, call }) => ({ at: `${page}:${line}`, call, fault: faultOf(page, call) }));
  expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
});

it("a block is read as a shell reads it", () => {
  const code = "for a in 1 2; do\n  npx mpa-fer train --seed $a --out 'b c' # no\ndone | cp - \\\n  x\n";
  expect(callsOf(block(code)).toSorted()).toEqual([
    ["cp", "-", "x"],
    ["npx", "mpa-fer", "train", "--seed", "1", "--out", "b c"],
    ["npx", "mpa-fer", "train", "--seed", "2", "--out", "b c"],
  ]);
  expect(() => callsOf(block("frobnicate a"))).toThrow(/docs\/a\.md:1: the shell says: .*frobnicate/);
  expect(() => callsOf(block("if"))).toThrow(/docs\/a\.md:1/);
});

describe("finds an invalid command", () => {
  it.each([
    [["mpa-fer", "trian"], "there is no command trian"],
    [["npx", "mpa-fer", "predict", "a.jpg", "--drawn", "b"], /--drawn/],
    [["mpa-fer", "train", "--data", "d", "--dataset", "folder", "--lr", "fast"], /--lr/],
    [["npm", "run", "no"], "package.json has no script no"],
    [["npx", "tsx", "tools/no.ts"], "tools/no.ts is not there"],
    [["python", "tools/no.py"], "tools/no.py is not there"],
  ] as const)("%j", (call, fault) => {
    expect(faultOf("docs/a.md", [...call])).toMatch(fault);
  });
});

it("long commands have their comment above them, where a phone shows it", () => {
  const long = shell
    .filter(({ page }) => page !== "README.md")
    .flatMap(({ page, code }) => code.split("\n").map((line) => `${page}: ${line}`))
    .filter((line) => /^\S+: [^#].{70,}$/.test(line) && /\S\s+# /.test(line));
  expect(long).toEqual([]);
});

it("the TypeScript examples match the library's types", async () => {
  const examples = blocks.filter(({ language }) => language === "ts");
  expect(examples.length).toBeGreaterThan(3);
  const wrong = { ...block('import { predict } from "mpa-fer";\npredict(1);\n'), language: "ts" };
  expect(await typeErrors([...examples, wrong])).toEqual([
    expect.stringMatching(/docs-a\.md-1\.mts\(2,\d+\): error TS2\d+/),
  ]);
});

it("every page converts to a page of the site, with code from the source", () => {
  const pages = readPages();
  const known = new Set(pages.map(({ file }) => file));
  const site = { isPage: (file: string) => known.has(file), referencePage: () => undefined };
  const made = new Map(pages.map((page) => [page.file, sitePage(page, site)]));
  const method = made.get("docs/method.md");
  expect(method?.text).toContain("export function alignmentLoss(");
  expect(method?.text).toMatch(/\(\.\.\/repository\/src\/method\/losses\.ts\.md#L\d+\)/);
  expect(method?.linked).toContain("src/method/losses.ts");
});
