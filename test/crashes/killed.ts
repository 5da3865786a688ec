/** Runs the command in a child process and kills it at a random moment. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { lockName } from "../../src/platform/folderLock.node.ts";
import type { Random } from "../../src/platform/random.ts";

const root = join(import.meta.dirname, "../..");

/** Arguments of Node to run the command: from the source, or as built, which starts faster. */
export const entries = {
  source: ["--import", "tsx", join(root, "src/apps/cli/main.ts")],
  built: [join(root, "dist/apps/cli/main.js")],
} as const;

export interface Ended {
  /** exit code; absent if a signal ended the process */
  readonly code: number | null;
  readonly killed: boolean;
  readonly stderr: string;
  /** milliseconds of the process, and while it held the lock of the folder, which excludes its start */
  readonly ran: number;
  readonly worked: number;
}

export interface KillPlan {
  /** milliseconds from the start */
  readonly after: number;
  /** whether the time counts from the lock of the folder instead of the start of the process */
  readonly fromLock?: boolean;
  /** milliseconds between Ctrl-C and the kill */
  readonly interrupt?: number;
}

/** Draws a moment of a process like this one; three of four while it holds the lock, one of four after Ctrl-C. */
export function randomPlan(random: Random, { ran, worked }: Pick<Ended, "ran" | "worked">): KillPlan {
  const fromLock = random.uniform() < 0.75;
  return {
    after: random.uniform(0, fromLock ? worked : ran),
    fromLock,
    ...(random.uniform() < 0.25 && { interrupt: random.uniform(0, 400) }),
  };
}

/** Runs Node with `argv`, and kills it by the plan, if any. `out` is the folder that it locks. */
export async function runCommand(argv: readonly string[], out: string, plan?: KillPlan): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, [...argv, "--quiet"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stderr: string[] = [];
  child.stderr.on("data", (chunk) => stderr.push(String(chunk)));
  const exit = once(child, "exit");
  const running = () => child.exitCode === null && child.signalCode === null;
  const locked = untilLocked(out, running);
  if (plan !== undefined) {
    if (plan.fromLock) await locked;
    await Promise.race([exit, wait(plan.after)]);
    if (plan.interrupt !== undefined && running()) {
      child.kill("SIGINT");
      await Promise.race([exit, wait(plan.interrupt)]);
    }
    child.kill("SIGKILL");
  }
  const [code, signal] = await exit;
  const ended = performance.now();
  const worked = ended - (await locked);
  return { code, killed: signal === "SIGKILL", stderr: stderr.join(""), ran: ended - started, worked };
}

/** Time of the lock by this process, or of its end if there was none. */
async function untilLocked(out: string, running: () => boolean): Promise<number> {
  const file = join(out, lockName);
  const before = (await stat(file).catch(() => undefined))?.mtimeMs;
  while (running()) {
    const now = (await stat(file).catch(() => undefined))?.mtimeMs;
    if (now !== undefined && now !== before) break;
    await wait(10);
  }
  return performance.now();
}
