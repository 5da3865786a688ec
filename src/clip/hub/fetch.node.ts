/** Backbones and trained prompts by name from the Hugging Face hub, downloaded once into the cache. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { commandText } from "../../platform/command.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { isErrno } from "../../platform/files.node.ts";
import { hubCacheFolder, RepositoryCache } from "./cache.node.ts";
import { isBlob } from "./download.node.ts";
import { type HubName, type NeededFiles, neededFiles } from "./names.ts";
import { type HubOptions, HubRemote, requireHub } from "./remote.node.ts";

/** A cached backbone. */
export interface HubBackbone {
  /** the snapshot, with links to the files */
  readonly folder: string;
  readonly needed: NeededFiles;
  /** SHA-256 of the weights, if the hub gives it */
  readonly sha256?: string;
}

/**
 * Returns a backbone, from the cache without any request if it is complete there. Throws NOT_FOUND for an unknown model or
 * revision, ACCESS without permission, NETWORK if the download fails, MODEL if it is not a CLIP.
 */
export async function hubBackbone(name: HubName, options: HubOptions, context: RunContext): Promise<HubBackbone> {
  const cache = new RepositoryCache(name, options.cacheFolder ?? hubCacheFolder());
  if (options.recheck) await forgetBroken(cache);
  const known = await cached(cache);
  if (known !== undefined) return known;
  requireHub(name, cache, options);
  const remote = new HubRemote(name, options, context);
  const listing = await remote.list();
  const { commit } = listing;
  const needed = neededFiles([...listing.files.keys()]);
  if ("missing" in needed) {
    throw new MpaError("MODEL", `${name.repo} has no ${needed.missing}`, { fix: "name a CLIPModel repository" });
  }
  await remote.download(cache, listing, needed.files);
  await cache.remember(commit);
  return await snapshotOf(cache, commit, needed);
}

async function snapshotOf(cache: RepositoryCache, commit: string, needed: NeededFiles): Promise<HubBackbone> {
  const etag = await cache.etagOf(commit, needed.weights);
  return { folder: cache.snapshot(commit), needed, ...(etag?.length === 64 && { sha256: etag }) };
}

/** Deletes cached blobs whose content does not match their hash, after disk corruption. */
async function forgetBroken(cache: RepositoryCache): Promise<void> {
  const commit = await cache.commit();
  if (commit === undefined) return;
  for (const file of await readdir(cache.snapshot(commit)).catch(() => [])) {
    const etag = await cache.etagOf(commit, file);
    if (etag !== undefined && !(await isBlob(cache.blob(etag), etag))) await cache.forget(etag, commit, file);
  }
}

async function cached(cache: RepositoryCache): Promise<HubBackbone | undefined> {
  const commit = await cache.commit();
  if (commit === undefined) return undefined;
  try {
    const needed = neededFiles(await readdir(cache.snapshot(commit)));
    if ("missing" in needed || !cache.has(commit, needed.files)) return undefined;
    return await snapshotOf(cache, commit, needed);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Name of the file of trained prompts in a repository and in a backbone's folder. */
export const promptsFile = "prompts.safetensors";

/**
 * Returns the path of the prompts in the cache. Throws NOT_FOUND for an unknown repository or revision, ACCESS without
 * permission, NETWORK if the download fails, CHECKPOINT if the repository has no prompts.
 */
export async function hubPrompts(name: HubName, options: HubOptions = {}, context: RunContext = {}): Promise<string> {
  const cache = new RepositoryCache(name, options.cacheFolder ?? hubCacheFolder());
  const known = await cache.commit();
  if (known !== undefined && cache.has(known, [promptsFile])) return join(cache.snapshot(known), promptsFile);
  requireHub(name, cache, options);
  const remote = new HubRemote(name, options, context);
  const listing = await remote.list();
  if (!listing.files.has(promptsFile)) {
    const fix = `name a repository that ${commandText("push")} has made`;
    throw new MpaError("CHECKPOINT", `${name.repo} has no ${promptsFile}`, { fix });
  }
  await remote.download(cache, listing, [promptsFile]);
  await cache.remember(listing.commit);
  return join(cache.snapshot(listing.commit), promptsFile);
}
