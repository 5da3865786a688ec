/** Files that are whole or not there: atomic writes, and JSON that was checked. */

import { randomUUID } from "node:crypto";
import { open, readdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { type ErrorCode, MpaError, messageOf } from "./errors.ts";
import { parseStrictJson } from "./json.ts";
import { systemFailure } from "./systemError.ts";

/* A file's bytes, with a bound on how many. */

/** What is asked of a pipe or a device at a time: they do not tell their size. */
const pieceBytes = 64 * 1024;

/** Reads until the file ends. Throws a RangeError where there are more than `most` bytes, and what the system throws. */
export async function readBytes(path: string, max: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const about = await file.stat();
    if (about.isFile() && about.size > max) throw tooLarge(max);
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      // One byte more than a file says it has shows that it has ended, in the same read.
      const piece = Buffer.allocUnsafe(about.isFile() ? Math.max(about.size - length, 0) + 1 : pieceBytes);
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      chunks.push(piece.subarray(0, bytesRead));
      length += bytesRead;
      if (length > max) throw tooLarge(max);
    }
  } finally {
    await file.close();
  }
}

const tooLarge = (most: number) => new RangeError(`it has more than ${most / 2 ** 20} MiB`);

/**
 * Writes beside and renames, so that a crash leaves the old file or the new one, whole (CONTRACT.md, Run folder). A link
 * keeps pointing to its file; a device or pipe is written to as it is. Throws WRITE.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const target = await targetOf(path);
    if (target.isRegular) await replace(target.path, content);
    else await writeFile(target.path, content);
  } catch (error) {
    throw systemFailure(error, "write", path);
  }
}

/** Older than this, a half-written file belongs to nobody who is still at work, milliseconds. */
const abandoned = 60 * 60 * 1000;

/** Takes away what a process that was killed had written beside its target. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.[\da-f-]{36}\.tmp$/.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandoned) await rm(path, { force: true });
  }
}

/** A JSON file that fits a schema. Throws NOT_FOUND if it is not there, `code` if it is not JSON or does not fit. */
export async function readJson<S extends z.ZodType>(path: string, schema: S, code: ErrorCode): Promise<z.output<S>> {
  return checkJson(parseJson(await readText(path, code), path, code), schema, path, code);
}

/** A file's value as a schema has it. Throws `code` if it does not fit. */
export function checkJson<S extends z.ZodType>(value: unknown, schema: S, path: string, code: ErrorCode): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path: place, message }] = result.error.issues;
  const key = place.map(String).join(".");
  throw new MpaError(code, `the file does not fit (${key === "" ? "" : `${key}: `}${message})`, {
    where: path,
    fix: "correct the file",
  });
}

/** Bytes of the largest text that is read whole; the tokenizers of large vocabularies have 20 MB. */
const maxText = 64 * 1024 * 1024;

/** A file's text without a byte order mark. Throws NOT_FOUND if it is not there, `code` if it cannot be read. */
export async function readText(path: string, code: ErrorCode, most = maxText): Promise<string> {
  try {
    return new TextDecoder().decode(await readBytes(path, most));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      throw new MpaError("NOT_FOUND", "the file is not there", { where: path, fix: "check the path", cause: error });
    }
    // Not the file's fault.
    if (isErrno(error, "EMFILE") || isErrno(error, "ENFILE")) throw systemFailure(error, "read", path);
    throw new MpaError(code, `cannot read the file (${messageOf(error)})`, {
      where: path,
      fix: "check the path",
      cause: error,
    });
  }
}

/** Whether there is a file (links followed) under this path. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Whether a failed system call failed for this reason. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The value of a JSON text. Throws `code` if it is none, or names a key twice. */
export function parseJson(text: string, path: string, code: ErrorCode): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw new MpaError(code, `the file is not JSON (${messageOf(error)})`, {
      where: path,
      fix: "correct the file",
      cause: error,
    });
  }
}

/** Where a rename has to land. A link is followed, for renaming onto it would replace the link. */
async function targetOf(path: string): Promise<{ path: string; isRegular: boolean }> {
  try {
    const isRegular = (await stat(path)).isFile();
    return { path: isRegular ? await realpath(path) : path, isRegular };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { path, isRegular: true };
    throw error;
  }
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
