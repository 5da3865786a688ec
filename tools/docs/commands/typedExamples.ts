/** The TypeScript of pages, checked against the library's sources. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../contents.ts";
import type { Block } from "./blocks.ts";

/** What `tsc` says of the blocks, a line each; the file names say page and line. */
export async function typeErrors(blocks: readonly Block[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-examples-"));
  try {
    const entries = [...new Set(blocks.map(entryOf))];
    const found = entries.map((entry) =>
      check(
        join(folder, entry),
        entry,
        blocks.filter((b) => entryOf(b) === entry),
      ),
    );
    return (await Promise.all(found)).flat();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Which of the library's entries a block imports as `mpa-fer`. */
const entryOf = ({ inBrowser }: Block): "browser" | "index" => (inBrowser ? "browser" : "index");

async function check(folder: string, entry: string, blocks: readonly Block[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  for (const { page, line, code } of blocks) {
    // An example need not use all that it shows.
    await writeFile(join(folder, `${page.replaceAll("/", "-")}-${line}.mts`), `${code}\nexport {};\n`);
  }
  const compilerOptions = {
    ...{ noUnusedLocals: false, typeRoots: [join(root, "node_modules/@types")] },
    paths: { "mpa-fer": [join(root, `src/${entry}.ts`)] },
  };
  const settings = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.mts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const tsc = join(root, "node_modules/.bin/tsc");
  try {
    await promisify(execFile)(tsc, ["-p", folder, "--noEmit", "--pretty", "false"]);
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !("stdout" in error)) throw error;
    return String(error.stdout).trim().split("\n");
  }
}
