/** A folder that one process at a time writes to: a file in it names the process, is touched by it, and dies with it. */
import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { MpaError } from "./errors.ts";
import { isErrno } from "./files.node.ts";
import { systemFailure } from "./systemError.ts";

export const lockName = "run.lock";

export interface FolderLock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  id: z.string(),
  pid: z.number().int().positive(),
  host: z.string(),
  /** tells the process from a later one with the same number; absent where the system does not say */
  started: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/** Milliseconds between two touches of a lock, and the age at which another machine's lock is nobody's any more. */
const [beat, silence] = [10_000, 60_000];

/**
 * Locks a folder that is there. What a process that was killed left behind is taken away. Throws WRITE where another one is
 * at work in the folder, or it cannot be written.
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

/** False where there is a lock already. */
async function create(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw systemFailure(error, "write", path);
  }
}

/** Undefined where there is no lock, or one whose process ended while it was written. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let tries = 0; tries < 5; tries++) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const holder = holderSchema.safeParse(parseOrNull(text));
    if (holder.success) return holder.data;
    // It may be in the middle of being written.
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
  // Its processes cannot be seen from here, but that they touch their locks can, with clocks that agree within the silence.
  if (host !== hostname()) return Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) < silence;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, "EPERM");
  }
  return started === undefined || started === (await startOf(pid));
}

/** Where two take the same dead lock away, the second must not take the first one's new lock: it is looked at and put back. */
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

/** When a process started, in clock ticks since the machine did (Linux: field 22 of its stat); undefined elsewhere. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name, in brackets, may hold spaces.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
