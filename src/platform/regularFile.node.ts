/** Safe opening of untrusted paths: regular files only, within a folder and a size limit, and without blocking. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";

/** Constraints on a file. */
export interface FileBounds {
  /** maximum bytes; unlimited by default */
  readonly max?: number | undefined;
  /** folder that must contain the file after all links are resolved; unrestricted by default */
  readonly root?: string | undefined;
}

/**
 * Opens a regular file for reading; the caller closes it. Pipes, sockets and devices are rejected without being opened, because
 * opening a pipe blocks until there is a writer and opening a device may have side effects. Throws RangeError for a file larger
 * than `max`, Error for a path that is not a regular file or is outside `root`, and system errors.
 */
export async function openRegular(path: string, { max, root }: FileBounds = {}): Promise<FileHandle> {
  requireRegular(await stat(path), max);
  const real = root === undefined ? path : await pathInside(path, root);
  const file = await open(real, root === undefined ? flags : flags | constants.O_NOFOLLOW);
  try {
    // Check the open file again, since the path may have been replaced.
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

/** Non-blocking, so that a pipe that replaced the file after the first check is opened immediately and then rejected. */
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

/** The error for a file larger than `max` bytes. */
export const tooLarge = (max: number): RangeError => new RangeError(`it has more than ${sizeText(max)}`);

const sizeText = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes} bytes` : `${Math.round(bytes / 2 ** 20)} MiB`);

/** The resolved path of a file. Throws Error if it is outside `root`. */
async function pathInside(path: string, root: string): Promise<string> {
  const [folder, real] = await Promise.all([realpath(root), realpath(path)]);
  const way = relative(folder, real);
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) throw outside(root);
  return real;
}

const outside = (root: string): Error => new Error(`it is a link out of ${root}`);
