/** Atomic creation of folders and streamed files, and unused names. */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type ErrorCode, MpaError, messageOf } from "./errors.ts";
import { isErrno } from "./files.node.ts";
import { quoted } from "./quote.ts";
import { systemFailure } from "./systemError.ts";

/** The user's cache folder: `mpa-fer` in `XDG_CACHE_HOME` or `~/.cache`. */
export const userCacheFolder = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mpa-fer");

/** Throws WRITE unless the path is an empty folder or does not exist. */
export async function requireFreeFolder(path: string): Promise<void> {
  try {
    const [first] = await readdir(path);
    if (first === undefined) return;
    throw new MpaError("WRITE", `the folder already holds ${first}`, {
      where: path,
      fix: "name another folder or take it away",
    });
  } catch (error) {
    if (error instanceof MpaError) throw error;
    if (isErrno(error, "ENOENT")) return;
    throw new MpaError("WRITE", `this is no folder (${messageOf(error)})`, {
      where: path,
      fix: "name another one",
      cause: error,
    });
  }
}

/**
 * The requested folder, or the first of `base`, `base`-2, … that does not exist. Throws WRITE if the requested one is not empty.
 */
export async function unusedFolder(asked: string | undefined, base: string): Promise<string> {
  if (asked === undefined) {
    let path = base;
    for (let n = 2; existsSync(path); n++) path = `${base}-${n}`;
    return path;
  }
  await requireFreeFolder(asked);
  return asked;
}

/**
 * Creates a folder atomically: `fill` writes to a temporary folder, which is renamed into place and removed on failure. Throws
 * WRITE if the folder is not empty or not writable, and any `MpaError` or `AbortError` of `fill`.
 */
export async function makeFolder<T>(path: string, fill: (partial: string) => Promise<T>): Promise<T> {
  const target = resolve(path);
  await requireFreeFolder(target);
  const partial = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await mkdir(partial, { recursive: true });
    const made = await fill(partial);
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
    return made;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (error instanceof MpaError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw systemFailure(error, "write", path);
  }
}

/** A stream to a file that appears only when it is finished. */
export interface FileStream {
  write(text: string): Promise<void>;
  /** Renames the file into place. */
  finish(): Promise<void>;
  /** Discards the file unless it was finished. */
  dispose(): Promise<void>;
}

/** Opens a stream that writes a temporary file and renames it to `path`. Devices and pipes are written directly. Throws WRITE. */
export async function openFileStream(path: string): Promise<FileStream> {
  return await orWriteError(path, async () => {
    const found = await stat(path).catch(() => undefined);
    const isReplaced = found === undefined || found.isFile();
    const target = isReplaced ? join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`) : path;
    const file = await open(target, isReplaced ? "wx" : "w");
    let isOpen = true;
    const close = async () => {
      if (isOpen) await file.close();
      isOpen = false;
    };
    return {
      write: (text) => orWriteError(path, () => file.writeFile(text)),
      finish: () =>
        orWriteError(path, async () => {
          if (isReplaced) await file.sync();
          await close();
          if (isReplaced) await rename(target, path);
        }),
      dispose: async () => {
        await close();
        if (isReplaced) await rm(target, { force: true });
      },
    };
  });
}

/** The first of `STEM.EXTENSION`, `STEM-2.EXTENSION`, … that is not in `taken`, ignoring case. The name is added to `taken`. */
export function unusedName(stem: string, extension: string, taken: Set<string>): string {
  let name = `${stem}.${extension}`;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}-${n}.${extension}`;
  taken.add(name.toLowerCase());
  return name;
}

/** Returns a name that is safe as a folder name. Throws `code` for a name that is a path, such as `../x`. */
export function requireFolderName(name: string, code: ErrorCode): string {
  if (!/[/\\\0]/.test(name) && name !== "." && name !== ".." && name !== "") return name;
  throw new MpaError(code, `no folder can be called ${quoted(name)}`, { fix: "give it another name" });
}

async function orWriteError<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw systemFailure(cause, "write", path);
  }
}
