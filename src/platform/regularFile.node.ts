/** The one way to open a file that somebody else chose: regular, inside a folder, below a size, and never waited for. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";

/** What a file has to be before it is read. */
export interface FileBounds {
  /** bytes of the largest file; any size where it is absent */
  readonly max?: number | undefined;
  /** folder in which the file has to lie after every link is resolved; any place where it is absent */
  readonly root?: string | undefined;
}

/**
 * Opens a regular file for reading; the caller closes it. A pipe, a socket or a device is refused without being opened,
 * because opening a pipe waits for whoever writes to it and opening a device may act on it. Throws a RangeError for a file
 * above `max`, an Error for what is no regular file or lies outside of `root`, and what the system throws.
 */
export async function openRegular(path: string, { max, root }: FileBounds = {}): Promise<FileHandle> {
  requireRegular(await stat(path), max);
  const real = root === undefined ? path : await pathInside(path, root);
  const file = await open(real, root === undefined ? flags : flags | constants.O_NOFOLLOW);
  try {
    // Asked of the file itself: another one may lie under that name by now.
    requireRegular(await file.stat(), max);
    if (root !== undefined && (await realpath(real)) !== real) throw outside(root);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether `openRegular` opens the file. */
export async function isReadable(path: string, bounds: FileBounds): Promise<boolean> {
  try {
    await (await openRegular(path, bounds)).close();
    return true;
  } catch {
    return false;
  }
}

/** Not blocking: a pipe that was put in the file's place since it was looked at is opened at once, and then refused. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK;

function requireRegular(found: Stats, max: number | undefined): void {
  if (!found.isFile()) throw new Error(`it is ${kindOf(found)} and no regular file`);
  if (max !== undefined && found.size > max) throw tooLarge(max);
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

export const tooLarge = (max: number): RangeError => new RangeError(`it has more than ${sizeText(max)}`);

const sizeText = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes} bytes` : `${Math.round(bytes / 2 ** 20)} MiB`);

/** The file's path without links. */
async function pathInside(path: string, root: string): Promise<string> {
  const [folder, real] = await Promise.all([realpath(root), realpath(path)]);
  const way = relative(folder, real);
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) throw outside(root);
  return real;
}

const outside = (root: string): Error => new Error(`it is a link out of ${root}`);
