/**
 * The hub's own cache on disk, shared with Python's tools: `models--ORG--NAME/` with `blobs/ETAG`, `refs/REVISION` that
 * hold a commit, and `snapshots/COMMIT/FILE`, links to blobs.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { isErrno, writeFileAtomic } from "../../platform/files.node.ts";
import type { HubName } from "./names.ts";

/** Whether a text is the name of a commit, and so of a folder of the cache. */
export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/** `ETAG.incomplete`, or one with the number of a process that is not there any more. */
function isAbandoned(name: string): boolean {
  const [, pid] = name.match(/^[^.]+\.(?:(\d+)\.(?:[\da-f-]{36}\.)?)?incomplete$/) ?? [undefined, "1"];
  if (pid === undefined) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return isErrno(error, "ESRCH");
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub. */
export function hubCacheFolder(env: Environment = process.env): string {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub");
}

export class RepositoryCache {
  readonly folder: string;
  readonly #revision: string;

  constructor({ repo, revision }: HubName, root: string) {
    this.folder = join(root, `models--${repo.replaceAll("/", "--")}`);
    this.#revision = revision;
  }

  /** The commit that the revision was last known to be; undefined where it is not known. */
  async commit(): Promise<string | undefined> {
    if (isCommit(this.#revision)) return this.#revision;
    try {
      const commit = (await readFile(join(this.folder, "refs", this.#revision), "utf8")).trim();
      // What is no commit is asked for again.
      return isCommit(commit) ? commit : undefined;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async remember(commit: string): Promise<void> {
    if (commit === this.#revision) return;
    const path = join(this.folder, "refs", this.#revision);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, commit);
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  /** Whether all of these files are there, whole. */
  has(commit: string, files: readonly string[]): boolean {
    return files.every((file) => existsSync(join(this.snapshot(commit), file)));
  }

  blob(etag: string): string {
    return join(this.folder, "blobs", etag);
  }

  /** Whether a blob of this size is there. */
  async hasBlob({ etag, size }: { readonly etag: string; readonly size: number }): Promise<boolean> {
    return stat(this.blob(etag)).then(
      (found) => found.size === size,
      () => false,
    );
  }

  /** The name of the blob that a file of a snapshot is; undefined where it is no link to one. */
  async etagOf(commit: string, file: string): Promise<string | undefined> {
    const target = await readlink(join(this.snapshot(commit), file)).catch(() => "");
    return basename(dirname(target)) === "blobs" ? basename(target) : undefined;
  }

  /** Takes a file and its blob away. */
  async forget(etag: string, commit: string, file: string): Promise<void> {
    await rm(join(this.snapshot(commit), file), { force: true });
    await rm(this.blob(etag), { force: true });
  }

  /** Puts a blob into a snapshot under its name; another process may do the same at the same time. */
  async link(etag: string, commit: string, file: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    await mkdir(dirname(path), { recursive: true });
    const made = `${path}.${randomUUID()}.tmp`;
    await symlink(relative(dirname(path), this.blob(etag)), made);
    await rename(made, path);
  }

  /**
   * A file of one's own to write a blob to, with what an earlier download left of it, also one that was killed. Taking it
   * is a rename, so two never write to the same one.
   */
  async claim(etag: string): Promise<string> {
    const folder = dirname(this.blob(etag));
    await mkdir(folder, { recursive: true });
    const own = `${this.blob(etag)}.${process.pid}.${randomUUID()}.incomplete`;
    const left = (await readdir(folder)).filter((name) => name.startsWith(`${etag}.`) && isAbandoned(name));
    for (const name of left) {
      try {
        await rename(join(folder, name), own);
        return own;
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw error;
      }
    }
    return own;
  }

  /** Leaves an unfinished download for the next one to go on from. */
  async release(etag: string, own: string): Promise<void> {
    try {
      await rename(own, `${this.blob(etag)}.incomplete`);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}
