/** A repository on the Hugging Face hub, or on a server that speaks its protocol. */

import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { boundedFetch, patience, patientFetch, requireNetwork } from "../../platform/network.node.ts";
import { isCommit, type RepositoryCache } from "./cache.node.ts";
import { downloadBlob, type RemoteFile } from "./download.node.ts";
import type { HubName } from "./names.ts";

export interface HubOptions {
  /** default: HF_ENDPOINT, else the hub */
  readonly endpoint?: string;
  /** default: HF_TOKEN */
  readonly token?: string;
  /** default: what the environment says, as for Python's tools */
  readonly cacheFolder?: string;
  /** never asks the network; default: HF_HUB_OFFLINE */
  readonly offline?: boolean;
  /** what is in the cache is held against its hashes first, and what differs is fetched again */
  readonly recheck?: boolean;
  readonly patience?: typeof patience;
}

/** Throws NOT_FOUND where the environment forbids the hub, NETWORK where `--offline` does. */
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

export interface Listing {
  readonly commit: string;
  /** by path */
  readonly files: ReadonlyMap<string, RemoteFile>;
}

/** A page of a listing has 300 kB; models have some dozen files. */
const apiBounds = { bytes: 2 * 2 ** 20, answers: 200 };
const maxFiles = 10_000;

/** One repository at one server. */
export class HubRemote {
  readonly #name: HubName;
  readonly #endpoint: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof fetch;
  /** of all but files */
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

  /** The revision's commit, and what lies at its top. */
  async list(): Promise<Listing> {
    const { listFiles, modelInfo } = await import("@huggingface/hub");
    const { repo, revision } = this.#name;
    return await this.asking(async () => {
      const { sha } = await modelInfo({ ...this.access(), name: repo, revision, additionalFields: ["sha"] });
      // It becomes the name of a folder.
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

  async download(cache: RepositoryCache, { commit, files }: Listing, needed: readonly string[]): Promise<void> {
    const { progress, signal } = contextOf(this.#context);
    // The weights come last: a snapshot that has them has everything.
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

  /** What the hub's own client is called with. */
  access() {
    return { hubUrl: this.#endpoint, fetch: this.#ask, ...(this.#token && { accessToken: this.#token }) };
  }

  /** The hub's refusals as errors of ours. */
  async asking<T>(ask: () => Promise<T>): Promise<T> {
    const { repo, revision } = this.#name;
    const { HubApiError } = await import("@huggingface/hub");
    try {
      return await ask();
    } catch (cause) {
      throwIfStopped(this.#context.signal, `stopped while asking for ${repo}`);
      const status = cause instanceof HubApiError ? cause.statusCode : undefined;
      // The hub answers 401 for a model that does not exist as well, so that private names cannot be guessed.
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
