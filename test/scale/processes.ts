/** Processes of the command with their output in a file, where it can be read synchronously. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { entries } from "../crashes/killed.ts";

const root = join(import.meta.dirname, "../..");

export interface Running {
  readonly child: ChildProcess;
  /** output so far */
  said(): string;
  /** resolves when the output contains this text the given number of times */
  until(words: RegExp, times?: number): Promise<void>;
  /** resolves with the exit code at the end; null after a signal */
  readonly ended: Promise<number | null>;
}

/** Starts `mpa-fer` from the source. */
export function startCommand(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const log = join(tmpdir(), `mpa-fer-${randomUUID()}.log`);
  const file = openSync(log, "w");
  const stdio = ["ignore", file, file] as const;
  const child = spawn(process.execPath, [...entries.source, ...argv], {
    cwd: root,
    stdio: [...stdio],
    env: { ...process.env, ...env },
  });
  const said = () => readFileSync(log, "utf8");
  return {
    child,
    said,
    ended: once(child, "exit").then(([code]) => code),
    until: async (words, times = 1) => {
      while (said().split(words).length <= times) {
        if (child.exitCode !== null) throw new Error(`it ended without ${words}: ${said()}`);
        await wait(20);
      }
    },
  };
}

/** Blocks this process until another one meets a condition. */
export function standUntil(isMet: () => boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const end = Date.now() + 60_000;
  while (!isMet()) {
    if (Date.now() > end) throw new Error("it did not happen within a minute");
    Atomics.wait(cell, 0, 0, 20);
  }
}
