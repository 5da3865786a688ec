/** File access: atomic writes, and size-limited reads of bytes, text and validated JSON. */

import { randomUUID } from "node:crypto";
import { open, readdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { type ErrorCode, MpaError, messageOf } from "./errors.ts";
import { type JsonBounds, jsonBounds, parseStrictJson } from "./json.ts";
import { type FileBounds, openRegular, tooLarge } from "./regularFile.node.ts";
import { systemFailure } from "./systemError.ts";

/**
 * Writes a file atomically, through a temporary file that is renamed, so that a crash leaves either the old or the new file.
 * Symbolic links are followed; devices and pipes are written directly. Throws WRITE.
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

/** Age in milliseconds after which a temporary file is considered abandoned. */
const abandoned = 60 * 60 * 1000;

/** Removes temporary files of processes killed during a write. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.[\da-f-]{36}\.tmp$/.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandoned) await rm(path, { force: true });
  }
}

/** Read size in bytes for files that report no size, such as those in /proc. */
const pieceBytes = 2048;

/** Default maximum bytes of a file. Prompts and momentum for 1,000 classes of the largest CLIP have 100 MB. */
const maxFile = 128 * 1024 * 1024;

/** Reads a file. Throws the errors of `openRegular`, also if the file grows beyond `max` during the read. */
export async function readBytes(path: string, { max = maxFile, root }: FileBounds = {}): Promise<Uint8Array> {
  const file = await openRegular(path, { max, root });
  try {
    const { size } = await file.stat();
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      // One byte more than the file's size, so that one read usually reaches the end of the file.
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

/** Size limits and root folder of a JSON file; the default limits are those of a document. */
export type JsonFileBounds = FileBounds & Partial<JsonBounds>;

/**
 * Reads a JSON file and validates it. Throws NOT_FOUND if it does not exist, `code` if it is not JSON, too large, or does not
 * match the schema.
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

/** Validates the value of a JSON file. Throws `code` if it does not match the schema. */
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

/** Default maximum bytes of a text file. Tokenizers with large vocabularies have 20 MB. */
const maxText = 64 * 1024 * 1024;

/** Reads a UTF-8 text without byte-order mark. Throws NOT_FOUND if it does not exist, `code` if it is rejected or unreadable. */
export async function readText(path: string, code: ErrorCode, bounds: FileBounds = {}): Promise<string> {
  try {
    return new TextDecoder().decode(await readBytes(path, { max: maxText, ...bounds }));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      throw new MpaError("NOT_FOUND", "the file is not there", { where: path, fix: "check the path", cause: error });
    }
    // The file itself may be valid.
    if (isErrno(error, "EMFILE") || isErrno(error, "ENFILE")) throw systemFailure(error, "read", path);
    throw new MpaError(code, `cannot read the file (${messageOf(error)})`, {
      where: path,
      fix: "check the path",
      cause: error,
    });
  }
}

/** Whether the path is a regular file; links are followed. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Whether an error is a system error with this code, such as "ENOENT". */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Parses a JSON text. Throws `code` if it is not JSON, has a duplicate key or is too large. */
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
