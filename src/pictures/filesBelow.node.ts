/** The files of a folder and of all folders below it, each with its kind. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { openRegular } from "../platform/regularFile.node.ts";
import { endingOf, type FileKind, isRead, kindByName, kindOf } from "./kinds.ts";

/** A file as it was found; a link counts as what it points at. */
export interface FoundFile {
  /** relative to the folder, with forward slashes */
  readonly path: string;
  /** undefined for what is no kind of picture or video */
  readonly kind?: FileKind | undefined;
  /** as it is counted where it is passed over: "HEIC", ".txt", "link to nothing" */
  readonly name: string;
}

/**
 * Files by path, in order of code units; hidden ones and what systems leave behind are not counted. Links to files are
 * followed, wherever they lead. A folder is read once, however many links lead to it, and a link to a folder outside of this
 * one is not followed. Throws what the system throws for the folder itself.
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
  // After all folders: a link to one of them finds it read already, under its own name.
  for (let link = links.shift(); link !== undefined; link = links.shift()) {
    const target = await targetOf(link, root);
    if ("name" in target) found.push(target);
    else await walk(target);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Place {
  readonly path: string;
  /** without links */
  readonly real: string;
}

/** A folder that cannot be listed is told of as the files are; the first one is an error of the caller's. */
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

/** Files whose ending says that they are read are not opened; of the others the bytes may say so. */
async function kindAt(path: string, real: string): Promise<FileKind | undefined> {
  const named = kindByName(path);
  if (isRead(named) || isLeftover(path)) return named;
  const seen = await kindOfFile(real);
  // Raw files of cameras are TIFFs of a kind.
  if (named !== undefined) return seen?.format !== undefined && seen.format !== "tiff" ? seen : named;
  return isRead(seen) || seen?.convert !== undefined ? seen : undefined;
}

/** Bytes that tell a file's kind. */
const headBytes = 4096;

/** By its first bytes; undefined also for a file that cannot be opened. */
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

/** What systems write beside pictures. */
const isLitter = (name: string): boolean => name.startsWith(".") || /^(thumbs\.db|desktop\.ini|__macosx)$/i.test(name);

/** A copy, or a download that is not done: a picture by its bytes that nobody meant to be one. */
const isLeftover = (name: string): boolean =>
  /(~|\.(bak|old|orig|te?mp|part|partial|crdownload|download))$/i.test(name);
