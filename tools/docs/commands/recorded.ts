/**
 * What a block of shell code calls, found by the shell itself: it runs the block with a PATH on which every program only notes
 * its words. Quotes, loops and continued lines are read as a user's shell reads them, and nothing is done.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Block } from "./blocks.ts";

/** A program and its words. */
export type Call = readonly [program: string, ...words: string[]];

/** Programs that blocks may call; another one is an error, so that it gets a thought first. */
const programs = [
  "npx",
  "npm",
  "mpa-fer",
  "node",
  "python",
  "curl",
  "cp",
  "cat",
  "git",
  "docker",
  "redis-server",
  ".venv/bin/python",
  ".venv/bin/pip",
];

const shell = "/bin/sh";
/** Each call as its number of words, then the words, all ended by a null. */
const recorder = `#!${shell}\nprintf '%s\\0' "$#" "\${0##*/}" "$@" >> "$CALLS"\n`;

/** The calls in the order in which they are made. Throws for a syntax error or a program that is not known. */
export function callsOf({ page, line, code }: Block): Call[] {
  const folder = mkdtempSync(join(tmpdir(), "mpa-fer-calls-"));
  try {
    for (const name of programs) {
      const file = join(folder, name.includes("/") ? "work" : "bin", name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, recorder);
      chmodSync(file, 0o755);
    }
    const calls = join(folder, "calls");
    const env = { PATH: join(folder, "bin"), CALLS: calls };
    const { stderr, status } = spawnSync(shell, ["-c", code], { cwd: join(folder, "work"), env, encoding: "utf8" });
    if (status !== 0 || stderr !== "") throw new Error(`${page}:${line}: the shell says: ${stderr.trim()}`);
    return existsSync(calls) ? parseCalls(readFileSync(calls, "utf8")) : [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parseCalls(text: string): Call[] {
  const fields = text.split("\0");
  const calls: Call[] = [];
  for (let i = 0; i < fields.length - 1; ) {
    const end = i + 2 + Number(fields[i]);
    calls.push([fields[i + 1], ...fields.slice(i + 2, end)]);
    i = end;
  }
  return calls;
}
