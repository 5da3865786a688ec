/** Folder locks for exclusive writing: a lock file names its process, which updates the file's timestamp regularly. */

import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { MpaError } from "./errors.ts";
import { isErrno, readBytes } from "./files.node.ts";
import { systemFailure } from "./systemError.ts";

/** Name of the lock file. */
export const lockName = "run.lock";

/** A held lock. */
export interface FolderLock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  id: z.string(),
  pid: z.number().int().positive(),
  host: z.string(),
  /** start time of the process, to detect a reused pid; absent if the system does not report it */
  started: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/** Maximum bytes of a lock file. */
const maxLock = 4096;

/** Interval in milliseconds between timestamp updates, and the age after which another machine's lock is considered abandoned. */
const [beat, silence] = [10_000, 60_000];

/**
 * Locks an existing folder and removes the lock of a killed process. Throws WRITE if another process holds the lock or the
 * folder is not writable.
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
        fix: "move it away; it is not this program's",
      });
    }
    await removeLock(path, holder);
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

/** Creates the lock file; returns false if it exists. */
async function create(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw systemFailure(error, "write", path);
  }
}

/** Reads the holder of the lock; undefined if there is no lock, or only an incomplete one. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let tries = 0; tries < 5; tries++) {
    const bytes = await readBytes(path, { max: maxLock }).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const holder = holderSchema.safeParse(parseOrNull(new TextDecoder().decode(bytes)));
    if (holder.success) return holder.data;
    // It may still be in the process of being written.
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
  // Processes of another machine are not visible, but their timestamp updates are, if the clocks agree within `silence`.
  if (host !== hostname()) return Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) < silence;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, "EPERM");
  }
  return started === undefined || started === (await startOf(pid));
}

/** Age in milliseconds after which the guard file of a takeover is considered abandoned; a takeover takes a few milliseconds. */
const maxTakeover = 10_000;

/**
 * Removes an abandoned lock. A guard file ensures that one process at a time does so. Since only takeovers replace an existing lock,
 * it cannot change between the check and the removal.
 */
async function removeLock(path: string, dead: Holder | undefined): Promise<void> {
  const guard = `${path}.takeover.tmp`;
  try {
    await writeFile(guard, "", { flag: "wx" });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw systemFailure(error, "write", path);
    const begun = (await stat(guard).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - begun > maxTakeover) await rm(guard, { force: true });
    await wait(20);
    return;
  }
  try {
    if ((await readHolder(path))?.id === dead?.id) await rm(path, { force: true });
  } catch (error) {
    throw systemFailure(error, "write", path);
  } finally {
    await rm(guard, { force: true });
  }
}

/** Start time of a process in clock ticks since boot (Linux: field 22 of /proc/pid/stat); undefined elsewhere. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name, in parentheses, may contain spaces.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
