/** Real processes of the command, told apart by what they say. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { entries } from "../crashes/killed.ts";

const root = join(import.meta.dirname, "../..");

export interface Running {
  readonly child: ChildProcess;
  /** all that it said so far */
  said(): string;
  /** resolves when it said this */
  until(words: RegExp): Promise<void>;
  /** resolves with its exit code when it has ended; null where a signal ended it */
  readonly ended: Promise<number | null>;
}

/** Starts `mpa-fer` from the source. */
export function startCommand(argv: readonly string[]): Running {
  const child = spawn(process.execPath, [...entries.source, ...argv], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  const ended = once(child, "exit").then(([code]) => code);
  return {
    child,
    said: () => text,
    ended,
    until: async (words) => {
      while (!words.test(text)) {
        if (child.exitCode !== null) throw new Error(`it ended without ${words}: ${text}`);
        await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
      }
    },
  };
}
