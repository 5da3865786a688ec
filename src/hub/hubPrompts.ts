/** Trained prompts by their name on the Hugging Face hub: found in the cache, else downloaded into it, once. */
import { join } from "node:path";
import { MpaError } from "../errors.ts";
import type { RunContext } from "../runContext.ts";
import { hubCacheFolder, RepositoryCache } from "./hubCache.ts";
import type { HubName } from "./hubName.ts";
import { type HubOptions, HubRemote, requireHub } from "./hubRemote.ts";

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
    const mend = "name a repository that mpa-fer push has made";
    throw new MpaError("CHECKPOINT", `${name.repo} has no ${promptsFile}`, undefined, mend);
  }
  await remote.download(cache, listing, [promptsFile]);
  await cache.remember(listing.commit);
  return join(cache.snapshot(listing.commit), promptsFile);
}
