/**
 * Cache of Hugging Face's hub on disk, shared with `huggingface_hub`: a folder `models--ORG--NAME` with files `blobs/ETAG`, commits
 * in `refs/REVISION`, and links `snapshots/COMMIT/FILE` to blobs.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { isErrno, writeFileAtomic } from "../../platform/files.node.ts";
import type { HubName } from "./names.ts";

/** Whether a text is a commit hash, and thus safe as a folder name. */
export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

type Environment = Readonly<Record<string, string | undefined>>;

/** The cache folder: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub. */
export function hubCacheFolder(env: Environment = process.env): string {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub");
}

/** The cached files of one repository. */
export class RepositoryCache {
  readonly folder: string;
  readonly #revision: string;

  constructor({ repo, revision }: HubName, root: string) {
    this.folder = join(root, `models--${repo.replaceAll("/", "--")}`);
    this.#revision = revision;
  }

  /** The last known commit of the revision; undefined if there is none. */
  async commit(): Promise<string | undefined> {
    if (isCommit(this.#revision)) return this.#revision;
    try {
      const commit = (await readFile(join(this.folder, "refs", this.#revision), "utf8")).trim();
      // A corrupt entry is requested again.
      return isCommit(commit) ? commit : undefined;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** Records the commit of the revision. */
  async remember(commit: string): Promise<void> {
    if (commit === this.#revision) return;
    const path = join(this.folder, "refs", this.#revision);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, commit);
  }

  /** The folder of a commit's files. */
  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  /** Whether all these files are cached; files appear only when complete. */
  has(commit: string, files: readonly string[]): boolean {
    return files.every((file) => existsSync(join(this.snapshot(commit), file)));
  }

  /** The path of a blob. */
  blob(etag: string): string {
    return join(this.folder, "blobs", etag);
  }

  /** Whether a blob of this size is cached. */
  async hasBlob({ etag, size }: { readonly etag: string; readonly size: number }): Promise<boolean> {
    return stat(this.blob(etag)).then(
      (found) => found.size === size,
      () => false,
    );
  }

  /** The etag of the blob that a file of a snapshot links to; undefined if it is not a link to a blob. */
  async etagOf(commit: string, file: string): Promise<string | undefined> {
    const target = await readlink(join(this.snapshot(commit), file)).catch(() => "");
    return basename(dirname(target)) === "blobs" ? basename(target) : undefined;
  }

  /** Deletes a file and its blob. */
  async forget(etag: string, commit: string, file: string): Promise<void> {
    await rm(join(this.snapshot(commit), file), { force: true });
    await rm(this.blob(etag), { force: true });
  }

  /** Links a file of a snapshot to a blob; safe if other processes do the same. */
  async link(etag: string, commit: string, file: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    await mkdir(dirname(path), { recursive: true });
    const made = `${path}.${randomUUID()}.tmp`;
    await symlink(relative(dirname(path), this.blob(etag)), made);
    await rename(made, path);
  }

  /**
   * The path of a new partial download, with the bytes of an earlier one that failed or was killed. The earlier file is renamed,
   * so that no two processes write to the same one.
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

  /** Makes an unfinished download available to the next attempt. */
  async release(etag: string, own: string): Promise<void> {
    try {
      await rename(own, `${this.blob(etag)}.incomplete`);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}

/**
 * Whether a partial download belongs to no process: `ETAG.incomplete`, or `ETAG.PID.UUID.incomplete` of a process that has ended.
 */
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
