/**
 * Reports of the public interface of the entries in `api/`, whose diffs show interface changes. `npm run api` writes them;
 * `npm run check:package` compares them. API Extractor finds the declarations; a report has each of them once, without blank
 * lines, and refers to those of earlier reports by name.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";

/** Entries in the order of their reports: later ones refer to earlier ones. */
const entries = {
  index: "dist/index.d.ts",
  graph: "dist/graph.d.ts",
  extend: "dist/extend.d.ts",
  browser: "dist/browser.d.ts",
} as const;
const folder = resolve("api");

/** A declaration as API Extractor prints it, without comments and blank lines. */
interface Declaration {
  /** `export class MpaError` … up to its body */
  readonly name: string;
  readonly isExported: boolean;
  readonly text: string;
}

/** Compares the build with the reports, or writes them. Returns a line for each that differs. */
export async function apiReports(mode: "check" | "write"): Promise<readonly string[]> {
  const scratch = await mkdtemp(join(tmpdir(), "mpa-fer-api-"));
  await mkdir(folder, { recursive: true });
  const published = new Map<string, string>();
  const faults: string[] = [];
  try {
    for (const [name, entry] of Object.entries(entries)) {
      const report = compact(name, await extracted(name, resolve(entry), scratch), published);
      const file = join(folder, `${name}.api.md`);
      const before = await readFile(file, "utf8").catch(() => "");
      const isSame = before === report;
      console.log(`api/${name}.api.md ${isSame ? "is as before" : mode === "write" ? "is written anew" : "differs"}`);
      if (mode === "write") await writeFile(file, report);
      else if (!isSame) faults.push(`the public interface in ${entry} is not that of api/${name}.api.md: npm run api`);
    }
    return faults;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Report of an entry. `published` maps declarations to the entry that has them; those of this entry are added. */
function compact(name: string, declarations: readonly Declaration[], published: Map<string, string>): string {
  const own: Declaration[] = [];
  const referred = new Map<string, string[]>();
  for (const declaration of declarations) {
    const key = declaration.text.replace(/^export /, "");
    const at = published.get(key);
    if (at === undefined) own.push(declaration);
    else if (declaration.isExported) referred.set(at, [...(referred.get(at) ?? []), declaration.name]);
    published.set(key, at ?? name);
  }
  const lines = [
    `# ${name === "index" ? "mpa-fer" : `mpa-fer/${name}`}`,
    "",
    "Written by `npm run api`. Shapes without `export` are those that exported ones are made of.",
    ...[...referred].map(([at, names]) => `As in [${at}.api.md](${at}.api.md): ${names.join(", ")}.`),
    "",
    "```ts",
    ...own.map(({ text }) => text),
    "```",
    "",
  ];
  return lines.join("\n");
}

async function extracted(name: string, entry: string, scratch: string): Promise<Declaration[]> {
  Extractor.invoke(configuration(name, entry, scratch), {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  const report = await readFile(join(scratch, `${name}.api.md`), "utf8");
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(report) ?? [];
  return code
    .split(/^\/\/ @(?:public|internal|beta|alpha).*$/m)
    .slice(1)
    .map((block) => {
      const lines = block.split("\n").filter((line) => line.trim() !== "" && !/^\s*\/\/ /.test(line));
      const text = withListsJoined(lines).join("\n");
      const [, exported, declared = ""] = /^(export )?(?:declare )?(?:abstract )?\w+ (\w+)/.exec(text) ?? [];
      return { name: declared, isExported: exported !== undefined, text };
    })
    .filter(({ text }) => text !== "");
}

/** Joins lines that hold one name each, or one name with a number, such as those of a namespace, up to 120 columns. */
function withListsJoined(lines: readonly string[]): string[] {
  const joined: string[] = [];
  let isList = false;
  for (const line of lines) {
    const isName = /^\s+(?:\w+,?|readonly \w+: \d+;)$/.test(line);
    const longer = `${joined.at(-1)} ${line.trim()}`;
    if (isName && isList && longer.length <= 120) joined[joined.length - 1] = longer;
    else joined.push(line);
    isList = isName;
  }
  return joined;
}

function configuration(name: string, entry: string, scratch: string): ExtractorConfig {
  const silent = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve("package.json"),
    configObject: {
      projectFolder: resolve("."),
      mainEntryPointFilePath: entry,
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: scratch,
        reportTempFolder: join(scratch, "temporary"),
        // Types that are not exported by name are visible through the exports that use them.
        includeForgottenExports: true,
      },
      newlineKind: "lf",
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: { overrideTsconfig: { extends: resolve("tsconfig.json"), include: [], files: [entry] } },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: silent },
        tsdocMessageReporting: { default: silent },
      },
    },
  });
}
