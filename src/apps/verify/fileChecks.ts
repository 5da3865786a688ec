/** Checks of a backbone's files against the hub's, or against what was shipped. */
import { dirname } from "node:path";
import type { RunContext } from "../../platform/context.ts";
import { isFailure } from "../../platform/errors.ts";
import { bundledChecks, shippedHashes } from "./bundledFiles.ts";
import { type Check, compared, unknown } from "./check.ts";
import { type PublishedClip, type PublishedFile, publishedClips } from "./published.ts";
import { fileText, hashFile, type WeightFile, weightFileOf } from "./weightFile.ts";

/** What the weight file says of the backbone's identity. */
export interface FileFindings {
  readonly checks: readonly Check[];
  /** the published CLIP that the backbone is by its name or by its bytes */
  readonly published?: PublishedClip;
  /** hash of the weight file, before any conversion; absent for random weights */
  readonly weights?: PublishedFile & { readonly file: string };
}

/** Hashes the weight file and compares it with the published ones. Throws NOT_FOUND, INTERRUPTED. */
export async function checkFiles(backbone: string, context: RunContext): Promise<FileFindings> {
  const file = await weightFileOf(backbone, context);
  if (file === undefined) {
    return { checks: [unknown("weight file", "none is published: random weights", "made by a formula")] };
  }
  const found = await hashFile(file.path, context.signal).catch((error: unknown) => {
    if (isFailure(error, "INTERRUPTED")) throw error;
    return undefined;
  });
  if (found === undefined)
    return { checks: [compared("weight file", "a readable file", `${file.path} is not`, false)] };
  const shipped = await shippedHashes(dirname(file.path));
  const byBytes = publishedClips.find(({ weights }) => isOneOf(found, weights));
  const claimed = publishedClips.find(({ repo }) => repo === file.repo);
  const published = claimed ?? byBytes;
  return {
    checks: shipped
      ? await bundledChecks(file, found, shipped, context.signal)
      : [weightCheck(file, found, claimed, byBytes)],
    weights: { file: file.name, ...found },
    ...(published && { published }),
  };
}

const isOneOf = ({ sha256 }: PublishedFile, weights: PublishedClip["weights"]): boolean =>
  Object.values(weights).some((known) => known.sha256 === sha256);

function weightCheck(
  { name }: WeightFile,
  found: PublishedFile,
  claimed: PublishedClip | undefined,
  byBytes: PublishedClip | undefined,
): Check {
  const check = `SHA-256 of ${name}`;
  const known = claimed && Object.hasOwn(claimed.weights, name) ? claimed.weights[name] : undefined;
  if (known !== undefined) return compared(check, fileText(known), fileText(found), known.sha256 === found.sha256);
  if (byBytes !== undefined) return compared(check, `a published file of ${byBytes.repo}`, fileText(found), true);
  const why = claimed
    ? `no hash is published for ${name} of ${claimed.repo}`
    : "no hash is published for these weights";
  return unknown(check, why, fileText(found));
}
