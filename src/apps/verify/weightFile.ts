/** The weight file of a backbone as it was published or saved, before any conversion. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hubBackbone } from "../../clip/hub/fetch.node.ts";
import { findWeights, parseHubName } from "../../clip/hub/names.ts";
import { randomPrefix } from "../../clip/random.node.ts";
import { readAt } from "../../clip/weights.node.ts";
import type { RunContext } from "../../platform/context.ts";
import { counted } from "../../platform/counts.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import { packageFile } from "../../platform/package.node.ts";
import { openRegular } from "../../platform/regularFile.node.ts";
import type { PublishedFile } from "./published.ts";

/** A backbone's weight file. */
export interface WeightFile {
  /** repository, if the backbone was named by it */
  readonly repo?: string;
  readonly name: string;
  readonly path: string;
}

/** Locates the weight file of a backbone by its name or folder; undefined for random weights and folders without one. */
export async function weightFileOf(backbone: string, context: RunContext): Promise<WeightFile | undefined> {
  if (backbone.startsWith(randomPrefix)) return undefined;
  const isLocal = await isFolder(backbone);
  const hub = isLocal ? undefined : parseHubName(backbone);
  if (hub !== undefined) {
    // The backbone was opened before, so this makes no request.
    const { folder, needed } = await hubBackbone(hub, { recheck: false }, context);
    return { repo: hub.repo, name: needed.weights, path: join(folder, needed.weights) };
  }
  const folder = isLocal ? backbone : packageFile(`models/${backbone}`);
  const name = findWeights(await readdir(folder));
  return name === undefined ? undefined : { name, path: join(folder, name) };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Beginning of a file's hash, and its size, as text. */
export const fileText = ({ bytes, sha256 }: PublishedFile): string =>
  `${sha256.slice(0, 16)}… (${counted(bytes, "byte")})`;

const chunkBytes = 8 * 1024 * 1024;

/** Size and SHA-256 of a file. Throws INTERRUPTED. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<PublishedFile> {
  const file = await openRegular(path);
  try {
    const hash = createHash("sha256");
    for (let bytes = 0; ; ) {
      throwIfStopped(signal, "stopped while a file was hashed");
      const chunk = await readAt(file, bytes, chunkBytes);
      if (chunk.length === 0) return { bytes, sha256: hash.digest("hex") };
      hash.update(chunk);
      bytes += chunk.length;
    }
  } finally {
    await file.close();
  }
}
