/** Download of a file into the cache, resumed after interruptions and verified before it becomes visible. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { MpaError, messageOf } from "../../platform/errors.ts";
import type { RepositoryCache } from "./cache.node.ts";

/** A file on the hub. */
export interface RemoteFile {
  readonly url: string;
  /** bytes */
  readonly size: number;
  /** without quotes: the SHA-256 of a large file, the git hash of a small one */
  readonly etag: string;
}

/** Connection and callbacks of a download. */
export interface DownloadOptions {
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  /** receives the number of new bytes, first those of an earlier attempt; negative if the download restarts */
  readonly onBytes: (count: number) => void;
  readonly signal?: AbortSignal;
}

/** Maximum number of consecutive attempts without new bytes. */
const maxIdleAttempts = 3;

/** Downloads a file into the cache. Throws NETWORK if it fails; the received bytes are retained for the next attempt. */
export async function downloadBlob(file: RemoteFile, cache: RepositoryCache, options: DownloadOptions): Promise<void> {
  const own = await cache.claim(file.etag);
  try {
    await fill(own, file, options);
    await verify(own, file);
    await rename(own, cache.blob(file.etag));
  } catch (error) {
    await cache.release(file.etag, own);
    throw error;
  }
}

async function fill(path: string, file: RemoteFile, options: DownloadOptions): Promise<void> {
  let have = await sizeOf(path);
  options.onBytes(have);
  for (let idle = 0; have < file.size; ) {
    const reason = await transfer(path, have, file, options);
    const now = await sizeOf(path);
    idle = now > have ? 0 : idle + 1;
    have = now;
    if (have < file.size && idle >= maxIdleAttempts) {
      const what = `the download broke off at ${have} of ${file.size} bytes (${reason})`;
      throw new MpaError("NETWORK", what, { where: file.url, fix: "try again: it goes on from there" });
    }
  }
}

/** Appends the server's bytes from offset `from`. Returns the reason why the transfer ended. */
async function transfer(path: string, from: number, file: RemoteFile, options: DownloadOptions): Promise<string> {
  const headers = { ...options.headers, ...(from > 0 && { Range: `bytes=${from}-` }) };
  try {
    const response = await options.fetch(file.url, { headers });
    if (!response.ok || response.body === null) return `status ${response.status}`;
    // A server without range requests sends the whole file again.
    const restarted = from > 0 && response.status !== 206;
    if (restarted) options.onBytes(-from);
    const out = await open(path, restarted ? "w" : "a");
    try {
      for await (const chunk of response.body) {
        await out.writeFile(chunk);
        options.onBytes(chunk.length);
      }
    } finally {
      await out.close();
    }
    return "the server closed the connection";
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return messageOf(error);
  }
}

/** Deletes the file and throws NETWORK if its size or hash differs from the hub's. */
async function verify(path: string, { size, etag, url }: RemoteFile): Promise<void> {
  if ((await sizeOf(path)) === size && (await isBlob(path, etag))) return;
  await rm(path, { force: true });
  throw new MpaError("NETWORK", "what was downloaded is not what the hub has", {
    where: url,
    fix: "try again, or another mirror",
  });
}

/** Whether a file's hash matches its etag; true for an etag of unknown kind. */
export async function isBlob(path: string, etag: string): Promise<boolean> {
  const hash = hashFor(etag, await sizeOf(path));
  if (hash === undefined) return true;
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return hash.digest("hex") === etag;
  } catch {
    return false;
  }
}

/** The hash function of an etag: git's blob hash, or SHA-256 for large files; undefined for a mirror's own kind. */
function hashFor(etag: string, size: number): Hash | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return createHash("sha256");
  if (/^[0-9a-f]{40}$/.test(etag)) return createHash("sha1").update(`blob ${size}\0`);
  return undefined;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
