/**
 * The hub's own cache on disk, shared with Python's tools: `models--ORG--NAME/` with `blobs/ETAG`, `refs/REVISION` that
 * hold a commit, and `snapshots/COMMIT/FILE`, links to blobs.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { isErrno, writeFileAtomic } from "../files.ts";
import type { HubName } from "./hubName.ts";

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
    if (/^[0-9a-f]{40}$/.test(this.#revision)) return this.#revision;
    try {
      return (await readFile(join(this.folder, "refs", this.#revision), "utf8")).trim();
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

  /** Puts a blob into a snapshot under its name. */
  async link(etag: string, commit: string, file: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await symlink(relative(dirname(path), this.blob(etag)), path);
  }

  /**
   * A file of one's own to write a blob to, with what an earlier download left of it. Taking it is a rename, so two
   * processes never write to the same one.
   */
  async claim(etag: string): Promise<string> {
    const own = `${this.blob(etag)}.${process.pid}.incomplete`;
    await mkdir(dirname(own), { recursive: true });
    try {
      await rename(`${this.blob(etag)}.incomplete`, own);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
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
