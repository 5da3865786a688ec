/** Type check of the TypeScript blocks of pages against the library's sources. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../contents.ts";
import type { Block } from "./blocks.ts";

/** Errors of `tsc` in the blocks, one per line; file names contain page and line. */
export async function typeErrors(blocks: readonly Block[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-examples-"));
  try {
    for (const block of blocks) {
      await writeFile(join(folder, `${block.page.replaceAll("/", "-")}-${block.line}.mts`), withEntry(block));
    }
    // An example may have unused names.
    const compilerOptions = { noUnusedLocals: false, typeRoots: [join(root, "node_modules/@types")] };
    const settings = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.mts"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
    return await check(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Replaces `mpa-fer` in a block by the source of the entry that it stands for on the page. */
const withEntry = ({ code, inBrowser }: Block): string =>
  code.replaceAll('"mpa-fer"', JSON.stringify(join(root, "src", inBrowser ? "browser.ts" : "index.ts")));

async function check(folder: string): Promise<string[]> {
  try {
    const tsc = join(root, "node_modules/.bin/tsc");
    await promisify(execFile)(tsc, ["-p", folder, "--noEmit", "--pretty", "false"]);
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !("stdout" in error)) throw error;
    return String(error.stdout).trim().split("\n");
  }
}
