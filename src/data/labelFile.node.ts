/** Label files: regular ones, read within bounds, since they come with a data set from somebody else. */
import type { FileHandle } from "node:fs/promises";
import { MpaError, messageOf } from "../platform/errors.ts";
import { isErrno, readBytes } from "../platform/files.node.ts";
import { openRegular } from "../platform/regularFile.node.ts";

/** Bytes of a label file that is read whole; FER+'s largest has 2 MB. */
const maxBytes = 16 * 2 ** 20;
/** Bytes of a list that is read line by line; AffectNet's has 400 MB. */
const maxListBytes = 2 ** 30;
/** Characters of one of its lines; a row of FER2013 has 9,000. */
const maxLine = 2 ** 16;
/** Its lines; AffectNet's longer list has 540,000. */
const maxLines = 2_000_000;

/** The text of a label file. Throws DATASET where it is missing, larger than 16 MiB, or no regular file. */
export async function readLabels(path: string, fix = "restore the file"): Promise<string> {
  try {
    return new TextDecoder().decode(await readBytes(path, { max: maxBytes }));
  } catch (cause) {
    throw unreadable(path, fix, cause);
  }
}

export interface LabelLine {
  /** from 1 on */
  readonly line: number;
  readonly text: string;
}

/** The lines of a large label file, without their ends; empty ones are left out. Throws DATASET as `readLabels` does. */
export async function* labelLines(path: string, fix = "restore the file"): AsyncGenerator<LabelLine> {
  const file = await openList(path, fix);
  const decoder = new TextDecoder();
  let [rest, line] = ["", 0];
  try {
    for await (const piece of file.createReadStream({ autoClose: false })) {
      const parts = `${rest}${decoder.decode(piece, { stream: true })}`.split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) {
        line++;
        requireBounds(text, line, path);
        if (text.trim() !== "") yield { line, text: withoutReturn(text) };
      }
      requireBounds(rest, line + 1, path);
    }
    if (rest.trim() !== "") yield { line: line + 1, text: withoutReturn(rest) };
  } finally {
    await file.close();
  }
}

async function openList(path: string, fix: string): Promise<FileHandle> {
  try {
    return await openRegular(path, { max: maxListBytes });
  } catch (cause) {
    throw unreadable(path, fix, cause);
  }
}

function requireBounds(text: string, line: number, path: string): void {
  const excess =
    text.length > maxLine ? `the line has more than ${maxLine} characters` : `there are more than ${maxLines} lines`;
  if (text.length <= maxLine && line <= maxLines) return;
  throw new MpaError("DATASET", excess, { where: `${path}:${line}`, fix: "restore the file" });
}

const withoutReturn = (text: string): string => (text.endsWith("\r") ? text.slice(0, -1) : text);

function unreadable(path: string, fix: string, cause: unknown): MpaError {
  const reason = isErrno(cause, "ENOENT") ? "" : ` (${messageOf(cause)})`;
  return new MpaError("DATASET", `the label file cannot be read${reason}`, { where: path, fix, cause });
}
