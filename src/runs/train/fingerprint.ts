/** Fingerprint of a run, which guards `train --resume`, and the hashes that a manifest records. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readTensorFile } from "../../clip/weights.node.ts";
import type { TrainingSetup } from "../../method/setup.ts";
import { sha256 } from "../../platform/package.node.ts";
import { activePlugins } from "../../platform/registry.ts";
import { readManifest } from "../manifest.ts";
import { resultOptions, withInputsOf } from "../optionRoles.ts";
import type { TrainConfig } from "../options.ts";

/** Inputs of a fingerprint besides the options. */
export interface FingerprintParts {
  /** hash of the backbone's weights */
  readonly backbone: string;
  /** hashes of the image lists: training, then validation */
  readonly indices: readonly string[];
  /** texts of soft and hard prompts */
  readonly texts: readonly string[];
}

/** Hash of everything that the remaining steps of a run depend on. A run resumes only with the same fingerprint. */
export function fingerprint(config: TrainConfig, { backbone, indices, texts }: FingerprintParts): string {
  // The hashes of the splits already reflect the paper's protocol.
  const { paperProtocol, ...options } = resultOptions(config);
  const plugins = activePlugins.all.flatMap(({ shapesTraining, name, sha256 }) =>
    shapesTraining ? [name, sha256] : [],
  );
  const parts = [options, backbone, indices, texts];
  return sha256(JSON.stringify(plugins.length > 0 ? [...parts, plugins] : parts));
}

/**
 * Fingerprint of a run with the input paths recorded in its `run.json`, so that moved inputs, which are compared by hash, do not prevent
 * resuming. Undefined if there is no `run.json`. Throws CHECKPOINT if the file is not a manifest.
 */
export async function recordedFingerprint(
  path: string,
  config: TrainConfig,
  parts: FingerprintParts,
): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const { config: past } = await readManifest(path);
  return fingerprint(withInputsOf(config, past), parts);
}

/** SHA-256 of a checkpoint's tensors, without its metadata, which has the backbone's path. */
export async function tensorsHash(path: string): Promise<string> {
  const { tensors } = await readTensorFile(path);
  const digest = createHash("sha256");
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${name} ${shape.join(",")}\n`);
    digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return digest.digest("hex");
}

/** SHA-256 of the texts of soft and hard prompts. */
export const textsHash = ({ soft, hard }: Pick<TrainingSetup, "soft" | "hard">): string =>
  sha256(JSON.stringify([soft.texts, hard?.texts ?? null]));
