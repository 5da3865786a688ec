/** Files: atomic writes, and reading with bounds on size, of bytes, text and checked JSON. */

import { randomUUID } from "node:crypto";
import { open, readdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { type ErrorCode, MpaError, messageOf } from "./errors.ts";
import { type JsonBounds, jsonBounds, parseStrictJson } from "./json.ts";
import { type FileBounds, openRegular, tooLarge } from "./regularFile.node.ts";
import { systemFailure } from "./systemError.ts";

/**
 * Writes a file beside the target and renames it, so that a crash leaves either the old file or the new one, complete. A link keeps
 * pointing to its file; a device or pipe is written to directly. Throws WRITE.
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

/** Age in milliseconds from which a temporary file counts as abandoned. */
const abandoned = 60 * 60 * 1000;

/** Removes temporary files of processes that were killed while they wrote. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.[\da-f-]{36}\.tmp$/.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandoned) await rm(path, { force: true });
  }
}

/** Bytes of one read from a file that does not tell its size, as those of the system do. */
const pieceBytes = 2048;

/** Bytes of the largest file that is read whole; prompts of 1,000 classes of the largest CLIP, with their momentum, have 100 MB. */
const maxFile = 128 * 1024 * 1024;

/** A file's bytes. Throws as `openRegular` does, also for a file that grows beyond `max` while it is read. */
export async function readBytes(path: string, { max = maxFile, root }: FileBounds = {}): Promise<Uint8Array> {
  const file = await openRegular(path, { max, root });
  try {
    const { size } = await file.stat();
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      // One byte more than the file's size, so that the same read shows that the file has ended.
      const piece = Buffer.allocUnsafe(length < size ? size - length + 1 : pieceBytes);
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

/** How large a JSON file may be, and the folder that it has to lie in; what is left out is that of a document. */
export type JsonFileBounds = FileBounds & Partial<JsonBounds>;

/**
 * A JSON file's value, checked by a schema. Throws NOT_FOUND if it does not exist, `code` if it is not JSON, too large, or does
 * not fit.
 */
export async function readJson<S extends z.ZodType>(
  path: string,
  schema: S,
  code: ErrorCode,
  given: JsonFileBounds = {},
): Promise<z.output<S>> {
  const { root, ...bounds } = { ...jsonBounds.document, ...given };
  const text = await readText(path, code, { max: bounds.max, root });
  return checkJson(parseJson(text, path, code, bounds), schema, path, code);
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

/** Bytes of the largest text; the tokenizers of large vocabularies have 20 MB. */
const maxText = 64 * 1024 * 1024;

/** A file's text without a byte-order mark. Throws NOT_FOUND if it does not exist, `code` if it is refused or cannot be read. */
export async function readText(path: string, code: ErrorCode, bounds: FileBounds = {}): Promise<string> {
  try {
    return new TextDecoder().decode(await readBytes(path, { max: maxText, ...bounds }));
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

/** Whether the path, with links followed, is a file. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Whether an error is that of a system call with this code, such as "ENOENT". */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The value of a JSON text. Throws `code` if it is not JSON, has a duplicate key or is too large. */
export function parseJson(text: string, path: string, code: ErrorCode, bounds?: JsonBounds): unknown {
  try {
    return parseStrictJson(text, bounds);
  } catch (error) {
    throw new MpaError(code, `the file is not JSON (${messageOf(error)})`, {
      where: path,
      fix: "correct the file",
      cause: error,
    });
  }
}

/** The target of a rename. Links are followed, since renaming onto a link would replace it. */
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
