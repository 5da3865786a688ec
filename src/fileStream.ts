/** A file that grows piece by piece and appears when it is whole. */
import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MpaError, messageOf } from "./errors.ts";

export interface FileStream {
  write(text: string): Promise<void>;
  /** Puts the file in its place. */
  finish(): Promise<void>;
  /** Takes away what was written, unless it was finished. */
  dispose(): Promise<void>;
}

/** Writes beside `path` and renames at the end; a device or pipe is written to as it is. Throws WRITE. */
export async function openFileStream(path: string): Promise<FileStream> {
  return await orWriteError(path, async () => {
    const found = await stat(path).catch(() => undefined);
    const isPlace = found === undefined || found.isFile();
    const target = isPlace ? join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`) : path;
    const file = await open(target, isPlace ? "wx" : "w");
    let isOpen = true;
    const close = async () => {
      if (isOpen) await file.close();
      isOpen = false;
    };
    return {
      write: (text) => orWriteError(path, () => file.writeFile(text)),
      finish: () =>
        orWriteError(path, async () => {
          if (isPlace) await file.sync();
          await close();
          if (isPlace) await rename(target, path);
        }),
      dispose: async () => {
        await close();
        if (isPlace) await rm(target, { force: true });
      },
    };
  });
}

async function orWriteError<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const mend = "check the folder, its rights and its space";
    throw new MpaError("WRITE", `cannot write (${messageOf(cause)})`, path, mend, { cause });
  }
}
