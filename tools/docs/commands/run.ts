/**
 * `npm run docs:commands`: runs all commands of the documentation on drawn faces, the blocks of each page in order in one folder.
 * Blocks with `<!-- not run: … -->` above them are listed and skipped. Arguments select pages.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../contents.ts";
import { markdownFiles } from "../links.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { fillScratch } from "./scratch.ts";

const wanted = process.argv.slice(2);
const pages = markdownFiles().filter((page) => wanted.length === 0 || wanted.some((word) => page.includes(word)));
/** Pages whose commands must run before those of a page. */
const before: Readonly<Record<string, string>> = {
  "docs/explain.md": "npx mpa-fer train --data DIR --dataset ferplus",
  "docs/report.md": "npx mpa-fer train --data DIR --dataset ferplus",
};
const languages = ["sh", "ts", "js", "python"];
const { PATH = "", MPA_FER_PYTHON = "" } = process.env;
const folder = mkdtempSync(join(tmpdir(), "mpa-fer-documents-"));
let failed = 0;

try {
  await fillScratch(join(folder, "fresh/work"));
  writeStandIns(join(folder, "bin"));
  for (const page of pages) runPage(page);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) throw new Error(`${failed} blocks failed`);

function runPage(page: string): void {
  const blocks = blocksOf(page, readFileSync(join(root, page), "utf8")).filter(({ language }) =>
    languages.includes(language),
  );
  const home = join(folder, page.replaceAll("/", "-"));
  cpSync(join(folder, "fresh"), home, { recursive: true });
  const servers = join(home, "servers");
  if (page in before)
    runBlock({ page, line: 0, language: "sh", code: before[page], inBrowser: false }, join(home, "work"), servers);
  for (const block of blocks) {
    const reason = notRun(block);
    const start = performance.now();
    const isFine = reason !== undefined || runBlock(block, join(home, "work"), servers);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(
      `${isFine ? (reason ? "not run" : "done") : "FAILED"}  ${page}:${block.line}  ${reason ?? `${seconds} s`}`,
    );
    if (!isFine) failed++;
  }
  endServers(servers);
  rmSync(home, { recursive: true, force: true });
}

function notRun({ language, inBrowser, notRun }: Block): string | undefined {
  if (notRun !== undefined) return notRun;
  if (language === "ts" && inBrowser) return "runs in a browser; its types are checked";
  return language === "python" && MPA_FER_PYTHON === "" ? "MPA_FER_PYTHON names no Python" : undefined;
}

/** Runs a program; shows its output if it fails. */
function runBlock({ page, line, language, code }: Block, work: string, servers: string): boolean {
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${PATH}`,
    CALLED_PATH: PATH,
    PAGE: page,
    SERVERS: servers,
  };
  const [file, words] = commandOf(language, code, work);
  const { status, stdout, stderr } = spawnSync(file, words, { cwd: work, env, encoding: "utf8", maxBuffer: 1e8 });
  if (status !== 0) console.error(`${page}:${line}\n${stdout.slice(-2000)}\n${stderr.slice(-4000)}`);
  return status === 0;
}

function commandOf(language: string, code: string, work: string): [string, string[]] {
  if (language === "sh") return ["/bin/sh", ["-ec", code]];
  if (language === "python") return [MPA_FER_PYTHON, ["-c", code]];
  // Makes the library resolvable as if it were installed.
  const installed = join(work, "node_modules/mpa-fer");
  mkdirSync(dirname(installed), { recursive: true });
  if (!existsSync(installed)) symlinkSync(root, installed);
  const example = join(work, "example.mts");
  writeFileSync(example, code);
  return [process.execPath, [join(root, "node_modules/tsx/dist/cli.mjs"), example]];
}

/** Writes stub programs that call standIn.ts. */
function writeStandIns(bin: string): void {
  mkdirSync(bin, { recursive: true });
  const standIn = [
    "--import",
    join(root, "node_modules/tsx/dist/loader.mjs"),
    join(root, "tools/docs/commands/standIn.ts"),
  ];
  for (const name of ["npx", "npm", "python", "curl"]) {
    const file = join(bin, name);
    writeFileSync(
      file,
      `#!/bin/sh\nexec "${process.execPath}" ${standIn.map((word) => `"${word}"`).join(" ")} ${name} "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
}

function endServers(list: string): void {
  if (!existsSync(list)) return;
  for (const id of readFileSync(list, "utf8").trim().split("\n")) {
    try {
      process.kill(Number(id), "SIGTERM");
    } catch {
      // It has ended by itself, as one does that was refused its options.
    }
  }
}
