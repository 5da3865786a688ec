/**
 * Commands that a shell block calls, determined by the shell itself: it runs the block with a PATH of stub programs that only
 * record their arguments. Quotes, loops and continuation lines are thus parsed as in a user's shell, without side effects.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Block } from "./blocks.ts";

/** A program and its arguments. */
export type Call = readonly [program: string, ...words: string[]];

/** Programs that blocks may call; others are errors until they are added here. */
const programs = [
  "npx",
  "npm",
  "mpa-fer",
  "node",
  "python",
  "curl",
  "cp",
  "cat",
  "rm",
  "git",
  "docker",
  "openssl",
  "redis-server",
  ".venv/bin/python",
  ".venv/bin/pip",
];

const shell = "/bin/sh";
/** Stub: records the number of arguments and the arguments, each terminated by a null. */
const recorder = `#!${shell}\nprintf '%s\\0' "$#" "\${0##*/}" "$@" >> "$CALLS"\n`;

/** Lists the calls in order. Throws for a syntax error or an unknown program. */
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
