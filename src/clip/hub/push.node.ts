/** Upload of files to a repository on the Hugging Face hub. */

import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { requireNetwork } from "../../platform/network.node.ts";
import type { HubName } from "./names.ts";
import { type HubOptions, HubRemote } from "./remote.node.ts";

/** Files to upload. */
export interface PushRequest {
  /** content by path */
  readonly files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;
  /** first line of the commit message */
  readonly title: string;
  /** whether a new repository is private; an existing one does not change */
  readonly isPrivate: boolean;
}

/** The resulting commit. */
export interface Pushed {
  readonly commit: string;
  readonly url: string;
}

/**
 * Uploads files in one commit and creates the repository if necessary; other files remain. Throws ACCESS without a token with write
 * permission (HF_TOKEN), NETWORK if the hub cannot be reached.
 */
export async function pushFiles(
  name: HubName,
  request: PushRequest,
  options: Pick<HubOptions, "endpoint" | "token" | "patience"> = {},
  context: RunContext = {},
): Promise<Pushed> {
  requireNetwork(`pushing to ${name.repo}`);
  const remote = new HubRemote(name, options, context);
  const { accessToken, ...access } = remote.access();
  if (accessToken === undefined) {
    throw new MpaError("ACCESS", "pushing needs a token", { fix: "set HF_TOKEN to one that may write" });
  }
  const { commit, createRepo } = await import("@huggingface/hub");
  const repo = { type: "model", name: name.repo } as const;
  const task = contextOf(context).progress.start({ label: `pushing to ${name.repo}`, total: 1, unit: "commits" });
  await remote.request(async () => {
    await createRepo({ ...access, accessToken, repo, private: request.isPrivate }).catch(ignoreExisting);
  });
  const operations = Object.entries(request.files).map(([path, content]) => ({
    operation: "addOrUpdate" as const,
    path,
    content: new Blob([content]),
  }));
  const { title } = request;
  const { signal: abortSignal } = context;
  const made = await remote.request(() =>
    commit({
      ...access,
      accessToken,
      repo,
      branch: name.revision,
      title,
      operations,
      ...(abortSignal && { abortSignal }),
    }),
  );
  if (made === undefined)
    throw new MpaError("NETWORK", "the hub made no commit", { where: name.repo, fix: "try again later" });
  task.update(1);
  task.finish();
  return { commit: made.commit.oid, url: made.commit.url };
}

/** Ignores status 409: the repository exists. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "statusCode" in error && error.statusCode === 409)) throw error;
}
