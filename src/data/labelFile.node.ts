/** Reading of label files, which may be untrusted: regular files only, with size limits. */
import type { FileHandle } from "node:fs/promises";
import { MpaError, messageOf } from "../platform/errors.ts";
import { isErrno, readBytes } from "../platform/files.node.ts";
import { openRegular } from "../platform/regularFile.node.ts";

/** Maximum bytes of a label file that is read as a whole; FER+ has up to 2 MB. */
const maxBytes = 16 * 2 ** 20;
/** Maximum bytes of a list that is read line by line; AffectNet's has 400 MB. */
const maxListBytes = 2 ** 30;
/** Maximum characters of its lines; a row of FER2013 has 9,000. */
const maxLine = 2 ** 16;
/** Maximum number of its lines; AffectNet's longer list has 540,000. */
const maxLines = 2_000_000;

/** Reads the text of a label file. Throws DATASET if it is missing, larger than 16 MiB or not a regular file. */
export async function readLabels(path: string, fix = "restore the file"): Promise<string> {
  try {
    return new TextDecoder().decode(await readBytes(path, { max: maxBytes }));
  } catch (cause) {
    throw unreadable(path, fix, cause);
  }
}

export interface LabelLine {
  /** counted from 1 */
  readonly line: number;
  readonly text: string;
}

/** Yields the non-empty lines of a large label file without line ends. Throws DATASET as `readLabels` does. */
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
