/** A backbone by its name on the Hugging Face hub: found in the cache, else downloaded into it, once. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { isErrno } from "../../platform/files.node.ts";
import { hubCacheFolder, RepositoryCache } from "./cache.node.ts";
import { isBlob } from "./download.node.ts";
import { type HubName, type NeededFiles, neededFiles } from "./names.ts";
import { type HubOptions, HubRemote, requireHub } from "./remote.node.ts";

export interface HubBackbone {
  /** the snapshot, with links to the files */
  readonly folder: string;
  readonly needed: NeededFiles;
  /** of the weights, where the hub says it */
  readonly sha256?: string;
}

/**
 * What is in the cache is used without asking; the rest is downloaded with progress. Throws NOT_FOUND for a model or
 * revision that is not there, ACCESS without the right to it, NETWORK where it cannot be had, MODEL where it is no CLIP.
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
  return await described(cache, commit, needed);
}

async function described(cache: RepositoryCache, commit: string, needed: NeededFiles): Promise<HubBackbone> {
  const etag = await cache.etagOf(commit, needed.weights);
  return { folder: cache.snapshot(commit), needed, ...(etag?.length === 64 && { sha256: etag }) };
}

/** Takes away the blobs of the snapshot that are not what their names say: a disk may have lost or changed bytes. */
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
    return await described(cache, commit, needed);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/* Trained prompts by their name on the Hugging Face hub: found in the cache, else downloaded into it, once. */

/** What the prompts of a run are called in a repository, as in a backbone's folder. */
export const promptsFile = "prompts.safetensors";

/**
 * The file in the cache. Throws NOT_FOUND for a repository or revision that is not there, ACCESS without the right to it,
 * NETWORK where it cannot be had, CHECKPOINT where it has no prompts.
 */
export async function hubPrompts(name: HubName, options: HubOptions = {}, context: RunContext = {}): Promise<string> {
  const cache = new RepositoryCache(name, options.cacheFolder ?? hubCacheFolder());
  const known = await cache.commit();
  if (known !== undefined && cache.has(known, [promptsFile])) return join(cache.snapshot(known), promptsFile);
  requireHub(name, cache, options);
  const remote = new HubRemote(name, options, context);
  const listing = await remote.list();
  if (!listing.files.has(promptsFile)) {
    const fix = "name a repository that mpa-fer push has made";
    throw new MpaError("CHECKPOINT", `${name.repo} has no ${promptsFile}`, { fix });
  }
  await remote.download(cache, listing, [promptsFile]);
  await cache.remember(listing.commit);
  return join(cache.snapshot(listing.commit), promptsFile);
}
