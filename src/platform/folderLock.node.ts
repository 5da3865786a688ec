/** Locks on folders that one process at a time may write to: a file names the process, which touches it regularly. */

import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { MpaError } from "./errors.ts";
import { isErrno, readBytes } from "./files.node.ts";
import { systemFailure } from "./systemError.ts";

export const lockName = "run.lock";

export interface FolderLock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  id: z.string(),
  pid: z.number().int().positive(),
  host: z.string(),
  /** start of the process, to tell it from a later one with the same number; absent where the system does not give it */
  started: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/** Bytes of the longest lock. */
const maxLock = 4096;

/** Milliseconds between two touches of a lock, and the age from which another machine's lock counts as abandoned. */
const [beat, silence] = [10_000, 60_000];

/**
 * Locks an existing folder; the lock of a process that was killed is removed. Throws WRITE where another process holds the lock, or
 * the folder cannot be written.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, lockName);
  const { pid } = process;
  const own: Holder = { id: randomUUID(), pid, host: hostname(), started: await startOf(pid) };
  while (!(await create(path, own))) {
    const holder = await readHolder(path);
    if (holder !== undefined && (await isAlive(holder, path))) {
      const what = `process ${holder.pid} on ${holder.host} is at work in the folder`;
      throw new MpaError("WRITE", what, {
        where: folder,
        fix: `wait for it, choose another --out, or delete ${lockName} if it is gone`,
      });
    }
    if (holder === undefined && (await stat(path).catch(() => undefined))?.isDirectory()) {
      throw new MpaError("WRITE", `${lockName} is a folder`, {
        where: folder,
        fix: "take it away, it is not this program's",
      });
    }
    await takeAway(path, holder);
  }
  const touch = () => void utimes(path, new Date(), new Date()).catch(() => undefined);
  const beating = setInterval(touch, beat).unref();
  return {
    release: async () => {
      clearInterval(beating);
      if ((await readHolder(path))?.id === own.id) await rm(path, { force: true });
    },
  };
}

/** Creates the lock file; false where it exists. */
async function create(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw systemFailure(error, "write", path);
  }
}

/** The process that holds the lock; undefined where there is none, or its process ended while it wrote the lock. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let tries = 0; tries < 5; tries++) {
    const bytes = await readBytes(path, { max: maxLock }).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const holder = holderSchema.safeParse(parseOrNull(new TextDecoder().decode(bytes)));
    if (holder.success) return holder.data;
    // It may be incomplete at this moment.
    await wait(50);
  }
  return undefined;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function isAlive({ pid, host, started }: Holder, path: string): Promise<boolean> {
  // Processes of another machine are invisible here, but not their touches, if the clocks agree within `silence`.
  if (host !== hostname()) return Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) < silence;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, "EPERM");
  }
  return started === undefined || started === (await startOf(pid));
}

/** Removes a dead lock. Of two processes that do so, the second must not remove the first one's new lock: it is checked and put back. */
async function takeAway(path: string, dead: Holder | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw systemFailure(error, "write", path);
  }
  const taken = await readHolder(aside);
  if (taken !== undefined && taken.id !== dead?.id) await rename(aside, path);
  else await rm(aside, { force: true });
}

/** Start of a process in clock ticks since the machine booted (Linux: field 22 of its stat); undefined elsewhere. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name, in parentheses, may contain spaces.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
