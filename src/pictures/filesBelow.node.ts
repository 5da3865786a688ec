/** Recursive listing of a folder's files, with the kind of each. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { openRegular } from "../platform/regularFile.node.ts";
import { endingOf, type FileKind, isRead, kindByName, kindOf } from "./kinds.ts";

/** A file; links count as their targets. */
export interface FoundFile {
  /** path relative to the folder, with forward slashes */
  readonly path: string;
  /** undefined for anything but pictures and videos */
  readonly kind?: FileKind | undefined;
  /** name under which a skipped file is counted: "HEIC", ".txt", "link to nothing" */
  readonly name: string;
}

/**
 * Lists the files sorted by path in code units, without hidden and system files. Links to files are followed. Links to folders are
 * followed inside the folder only, and each folder is read once. Throws the system's error if the folder itself cannot be listed.
 */
export async function filesBelow(folder: string): Promise<FoundFile[]> {
  const root = await realpath(folder);
  const found: FoundFile[] = [];
  const links: Place[] = [];
  const seen = new Set<string>();
  const walk = async (start: Place) => {
    for (const waiting = [start]; waiting.length > 0; ) {
      const { path, real } = waiting.pop() ?? start;
      if (seen.has(real)) continue;
      seen.add(real);
      for (const entry of await entriesOf(real, path, found)) {
        if (isLitter(entry.name)) continue;
        const place = { path: path === "" ? entry.name : `${path}/${entry.name}`, real: join(real, entry.name) };
        if (entry.isDirectory()) waiting.push(place);
        else if (entry.isSymbolicLink()) links.push(place);
        else found.push(entry.isFile() ? await fileAt(place) : { path: place.path, name: "device" });
      }
    }
  };
  await walk({ path: "", real: root });
  // After all folders, so that a linked folder has already been read under its own name.
  for (let link = links.shift(); link !== undefined; link = links.shift()) {
    const target = await targetOf(link, root);
    if ("name" in target) found.push(target);
    else await walk(target);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Place {
  readonly path: string;
  /** path with links resolved */
  readonly real: string;
}

/** Reads a folder. A subfolder that cannot be listed is reported like a file; for the top folder, the error is thrown. */
async function entriesOf(real: string, path: string, found: FoundFile[]): Promise<Dirent[]> {
  try {
    return await readdir(real, { withFileTypes: true });
  } catch (error) {
    if (path === "") throw error;
    found.push({ path, name: "folder that cannot be listed" });
    return [];
  }
}

async function targetOf({ path, real }: Place, root: string): Promise<FoundFile | Place> {
  try {
    const [about, target] = await Promise.all([stat(real), realpath(real)]);
    if (about.isFile()) return await fileAt({ path, real: target });
    if (!about.isDirectory()) return { path, name: "device" };
    const way = relative(root, target);
    const isInside = way !== ".." && !way.startsWith(`..${sep}`) && way !== target;
    return isInside ? { path, real: target } : { path, name: "link to a folder elsewhere" };
  } catch {
    return { path, name: "link to nothing" };
  }
}

async function fileAt({ path, real }: Place): Promise<FoundFile> {
  const kind = await kindAt(path, real);
  const ending = endingOf(path);
  return { path, kind, name: kind?.name ?? (ending === undefined ? "file without an ending" : `.${ending}`) };
}

/** Kind of a file by its ending, or by its first bytes if the ending is not that of a readable format. */
async function kindAt(path: string, real: string): Promise<FileKind | undefined> {
  const named = kindByName(path);
  if (isRead(named) || isLeftover(path)) return named;
  const seen = await kindOfFile(real);
  // Camera raw files are based on TIFF.
  if (named !== undefined) return seen?.format !== undefined && seen.format !== "tiff" ? seen : named;
  return isRead(seen) || seen?.convert !== undefined ? seen : undefined;
}

/** Bytes that identify a file's kind. */
const headBytes = 4096;

/** Kind of a file by its first bytes; undefined if it cannot be opened. */
export async function kindOfFile(path: string): Promise<FileKind | undefined> {
  const file = await openRegular(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return kindOf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Files that operating systems create beside pictures. */
const isLitter = (name: string): boolean => name.startsWith(".") || /^(thumbs\.db|desktop\.ini|__macosx)$/i.test(name);

/** Endings of backups and partial downloads, which may contain picture data. */
const isLeftover = (name: string): boolean =>
  /(~|\.(bak|old|orig|te?mp|part|partial|crdownload|download))$/i.test(name);
