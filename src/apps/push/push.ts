/** `push`: uploads a run's best prompts with a model card to the Hugging Face hub, or writes them to a folder. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promptsFile } from "../../clip/hub/fetch.node.ts";
import { parseHubName } from "../../clip/hub/names.ts";
import { type Pushed, pushFiles } from "../../clip/hub/push.node.ts";
import type { HubOptions } from "../../clip/hub/remote.node.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { readBytes, readText, writeFileAtomic } from "../../platform/files.node.ts";
import { manifestText } from "../../runs/manifest.ts";
import { runFiles } from "../../runs/runFolder.ts";
import { modelCard } from "./modelCard.ts";
import type { PushConfig } from "./options.ts";
import { readPublishedRun } from "./publishedRun.ts";

/** Result of a push. */
export interface PushResult {
  readonly repo?: string;
  /** names of the files, including the card */
  readonly files: readonly string[];
  readonly commit?: string;
  readonly url?: string;
  /** folder written instead, with `dryRun` */
  readonly folder?: string;
}

/**
 * Uploads a run, or with `dryRun` writes the files without any network access. Throws NOT_FOUND if the run has no record or
 * no best prompts, CHECKPOINT if its record is invalid, ACCESS without a token, NETWORK if the hub cannot be reached.
 */
export async function push(
  config: PushConfig,
  context: RunContext = {},
  hub: Pick<HubOptions, "endpoint" | "token" | "patience"> = {},
): Promise<PushResult> {
  const { dryRun, repo } = config;
  const files = await published(config);
  const names = Object.keys(files);
  if (dryRun !== undefined) {
    await writeFiles(dryRun, files);
    return { files: names, folder: dryRun, ...(repo && { repo }) };
  }
  const { commit, url }: Pushed = await pushFiles(
    hubNameOf(repo ?? ""),
    { files, title: config.message, isPrivate: config.private },
    hub,
    context,
  );
  return { files: names, commit, url, ...(repo && { repo }) };
}

/** Collects the files to publish; reports may show faces and predictions may name images, so both are excluded. */
async function published({ license, repo = "OWNER/NAME", run }: PushConfig) {
  const record = await readPublishedRun(join(run, runFiles.manifest));
  const prompts = await readBytes(join(run, runFiles.best), { root: run }).catch((cause) => {
    const what = `the run has no ${runFiles.best} (${messageOf(cause)})`;
    throw new MpaError("NOT_FOUND", what, { where: run, fix: "name a run that was validated", cause });
  });
  const sha256 = createHash("sha256").update(prompts).digest("hex");
  return {
    "README.md": modelCard(record, { repo, sha256, ...(license && { license }) }),
    [promptsFile]: new Uint8Array(prompts),
    [runFiles.manifest]: manifestText(record),
    [runFiles.metrics]: await readText(join(run, runFiles.metrics), "CHECKPOINT", { root: run }),
  };
}

function hubNameOf(repo: string) {
  const name = parseHubName(repo);
  if (name !== undefined) return name;
  throw new MpaError("USAGE", `--repo is ${repo} but must be OWNER/NAME or OWNER/NAME@BRANCH`);
}

async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new MpaError("WRITE", `cannot make the folder (${messageOf(cause)})`, {
      where: folder,
      fix: "name another one",
      cause,
    });
  }
  for (const [name, content] of Object.entries(files)) await writeFileAtomic(join(folder, name), content);
}
