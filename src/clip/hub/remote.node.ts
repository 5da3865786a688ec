/** Repositories on the Hugging Face hub or a server with the same protocol. */

import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { boundedFetch, patience, patientFetch, requireNetwork } from "../../platform/network.node.ts";
import { isCommit, type RepositoryCache } from "./cache.node.ts";
import { downloadBlob, type RemoteFile } from "./download.node.ts";
import type { HubName } from "./names.ts";

/** Options of requests to the hub. */
export interface HubOptions {
  /** default: HF_ENDPOINT, else the hub */
  readonly endpoint?: string;
  /** default: HF_TOKEN */
  readonly token?: string;
  /** default: see `hubCacheFolder` */
  readonly cacheFolder?: string;
  /** uses the cache only; default: HF_HUB_OFFLINE */
  readonly offline?: boolean;
  /** verifies the hashes of cached files and downloads corrupt ones again */
  readonly recheck?: boolean;
  /** limits of retries */
  readonly patience?: typeof patience;
}

/** Throws NOT_FOUND if HF_HUB_OFFLINE forbids requests, NETWORK if `--offline` does. */
export function requireHub({ repo }: HubName, { folder }: RepositoryCache, { offline }: HubOptions): void {
  if (offline ?? /^(1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? "")) {
    const fix = "unset HF_HUB_OFFLINE, or name a folder";
    throw new MpaError("NOT_FOUND", `${repo} is not in the cache, and the network is not asked`, {
      where: folder,
      fix,
    });
  }
  requireNetwork(repo);
}

/** The files of a revision. */
export interface Listing {
  readonly commit: string;
  /** by path */
  readonly files: ReadonlyMap<string, RemoteFile>;
}

/** Limits of API responses; a page of a listing has 300 kB. */
const apiBounds = { bytes: 2 * 2 ** 20, answers: 200 };
/** Maximum number of files; models have a few dozen. */
const maxFiles = 10_000;

/** A repository on a server. */
export class HubRemote {
  readonly #name: HubName;
  readonly #endpoint: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof fetch;
  /** bounded `fetch` for API requests */
  readonly #ask: typeof fetch;
  readonly #context: RunContext;

  constructor(name: HubName, options: HubOptions, context: RunContext) {
    this.#name = name;
    this.#endpoint = (options.endpoint ?? process.env.HF_ENDPOINT ?? "https://huggingface.co").replace(/\/+$/, "");
    this.#token = options.token ?? process.env.HF_TOKEN;
    this.#fetch = patientFetch(context.signal, options.patience ?? patience);
    this.#ask = boundedFetch(this.#fetch, apiBounds);
    this.#context = context;
  }

  /** Lists the top-level files of the revision. Throws NOT_FOUND, ACCESS, NETWORK. */
  async list(): Promise<Listing> {
    const { listFiles, modelInfo } = await import("@huggingface/hub");
    const { repo, revision } = this.#name;
    return await this.request(async () => {
      const { sha } = await modelInfo({ ...this.access(), name: repo, revision, additionalFields: ["sha"] });
      // It becomes a folder name.
      if (!isCommit(sha)) throw new Error(`the commit "${sha}" is none`);
      const files = new Map<string, RemoteFile>();
      for await (const { type, path, size, oid, lfs } of listFiles({ ...this.access(), repo, revision: sha })) {
        const etag = lfs?.oid ?? oid;
        if (type !== "file" || etag === undefined || !/^[0-9a-f]{40,64}$/.test(etag)) continue;
        const url = `${this.#endpoint}/${repo}/resolve/${sha}/${path}`;
        files.set(path, { url, size: lfs?.size ?? size, etag });
        if (files.size > maxFiles) throw new Error(`more than ${maxFiles} files`);
      }
      return { commit: sha, files };
    });
  }

  /** Downloads files into the cache, with progress. Throws NETWORK. */
  async download(cache: RepositoryCache, { commit, files }: Listing, needed: readonly string[]): Promise<void> {
    const { progress, signal } = contextOf(this.#context);
    // The weights are last, so that a snapshot with weights is complete.
    const wanted = [...files].filter(([file]) => needed.includes(file)).sort(([, a], [, b]) => a.size - b.size);
    const bytes = wanted.reduce((sum, [, { size }]) => sum + size, 0);
    const task = progress.start({ label: this.#name.repo, total: Math.max(1, Math.round(bytes / 1e6)), unit: "MB" });
    let done = 0;
    const onBytes = (count: number) => {
      done += count;
      task.update(Math.floor(done / 1e6));
    };
    const headers: Record<string, string> = this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
    for (const [file, remote] of wanted) {
      if (await cache.hasBlob(remote)) onBytes(remote.size);
      else await downloadBlob(remote, cache, { fetch: this.#fetch, headers, onBytes, signal });
      await cache.link(remote.etag, commit, file);
    }
    task.finish();
  }

  /** Arguments of the functions of `@huggingface/hub`. */
  access() {
    return { hubUrl: this.#endpoint, fetch: this.#ask, ...(this.#token && { accessToken: this.#token }) };
  }

  /** Runs a request. Throws NOT_FOUND, ACCESS or NETWORK for its failures. */
  async request<T>(ask: () => Promise<T>): Promise<T> {
    const { repo, revision } = this.#name;
    const { HubApiError } = await import("@huggingface/hub");
    try {
      return await ask();
    } catch (cause) {
      throwIfStopped(this.#context.signal, `stopped while request for ${repo}`);
      const status = cause instanceof HubApiError ? cause.statusCode : undefined;
      // The hub also returns 401 for models that do not exist, so that private names cannot be guessed.
      if (status === 401 || status === 403) {
        const fix = "check the name; for a private or gated model set HF_TOKEN to a token that may read it";
        throw new MpaError("ACCESS", `no access to ${repo} (status ${status})`, { where: this.#endpoint, fix, cause });
      }
      if (status === 404) {
        const fix = "check the name and the revision, or name a folder";
        throw new MpaError("NOT_FOUND", `there is no model ${repo} at ${revision}`, {
          where: this.#endpoint,
          fix,
          cause,
        });
      }
      const fix = "try again later, set HF_ENDPOINT to a mirror, or name a folder";
      throw new MpaError("NETWORK", `cannot ask for ${repo} (${messageOf(cause)})`, {
        where: this.#endpoint,
        fix,
        cause,
      });
    }
  }
}
