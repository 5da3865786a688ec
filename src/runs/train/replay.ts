/** `train --replay`: whether a run is the one that a manifest tells of, before it starts and when it is done. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { z } from "zod";
import { readTensorFile } from "../../clip/weights.node.ts";
import type { Prompts } from "../../method/prompts.ts";
import type { TrainingSetup } from "../../method/setup.ts";
import { MpaError } from "../../platform/errors.ts";
import { readJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { machine, sha256 } from "../../platform/package.node.ts";
import { activePlugins } from "../../platform/registry.ts";
import { readManifest, runSchema, splitSchema } from "../manifest.ts";
import { differingOptions, resultOptions, withInputsOf } from "../optionRoles.ts";
import type { TrainConfig } from "../options.ts";
import type { RunFolder } from "../runFolder.ts";

const replaySchema = runSchema
  .pick({ microBatch: true, versions: true, machine: true, bits: true, plugins: true })
  .extend({
    config: z.record(z.string(), z.unknown()),
    backbone: runSchema.shape.backbone.pick({ sha256: true }),
    data: z.record(z.string(), splitSchema.pick({ index: true })),
    texts: runSchema.shape.texts.pick({ sha256: true }),
  });
export type ReplayedRun = z.infer<typeof replaySchema>;

/** Throws NOT_FOUND, CONFIG. */
export const readReplayed = (path: string): Promise<ReplayedRun> =>
  readJson(path, replaySchema, "CONFIG", jsonBounds.run);

/** What the result depends on beside the options; hashes as in the manifest. */
export interface RunIdentity {
  readonly config: TrainConfig;
  readonly backbone: string;
  /** index by split */
  readonly data: Readonly<Record<string, string>>;
  readonly texts: string;
}

/** Throws CHECKPOINT where the run would be another one, and names what differs. Files may lie elsewhere by now. */
export function checkReplay(past: ReplayedRun, now: RunIdentity, path: string): void {
  const differs = differences(past, now);
  if (differs.length === 0) return;
  const fix = "leave out the options that change it, and name the same data and backbone";
  throw new MpaError("CHECKPOINT", `this is another run: ${differs.join(", ")} differ`, { where: path, fix });
}

/** What makes one run another, with its value then and now where it has one. */
const differences = (past: ReplayedRun, now: RunIdentity): string[] => [
  ...differingOptions(past.config, now.config),
  ...(past.backbone.sha256 === now.backbone
    ? []
    : [`the backbone's weights (${shortHash(past.backbone.sha256)} then, ${shortHash(now.backbone)} now)`]),
  ...Object.keys(now.data).flatMap((split) =>
    past.data[split]?.index === now.data[split] ? [] : [`the list of images of the ${split} split`],
  ),
  ...(past.texts.sha256 === now.texts ? [] : ["the texts of the classes"]),
];

const shortHash = (hash: string): string => `${hash.slice(0, 12)}…`;

/** The refusal to resume what is in a folder as a run that it is not: what differs, and what to do. Throws CHECKPOINT. */
export async function otherRun(folder: RunFolder, now: RunIdentity, prompts: Prompts): Promise<MpaError> {
  const differs = await differencesFrom(folder.file("manifest"), now);
  const what = `the run was started with other settings, data or backbone: ${differs.join(", ")}`;
  const last = folder.file("last");
  const other = (await hasPrompts(last, prompts))
    ? `--init ${last} with another --out starts a new run from its prompts`
    : "choose another --out and leave --resume out";
  const fix = `repeat what it was started with, or ${other}`;
  return new MpaError("CHECKPOINT", what, { where: folder.file("resume"), fix });
}

async function differencesFrom(path: string, now: RunIdentity): Promise<string[]> {
  if (!existsSync(path)) return ["no epoch was recorded, so which of them is not known"];
  const past = await readReplayed(path);
  const differs = [...differences(past, now), ...differingModules(past.plugins)];
  return differs.length > 0 ? differs : ["run.json tells of another run than resume.safetensors"];
}

type Module = Readonly<Pick<ReplayedRun["plugins"][number], "name" | "sha256">>;

/** Modules that shape trainings, where they are not those of the run. */
function differingModules(past: readonly Module[]): string[] {
  const now = activePlugins.all;
  const isIn = (list: readonly Module[], one: Module) =>
    list.some(({ name, sha256 }) => name === one.name && sha256 === one.sha256);
  const added = now.filter((one) => one.shapesTraining && !isIn(past, one));
  const missing = past.filter((one) => !isIn(now, one));
  return [
    ...added.map(({ name }) => `--plugin ${name} (not there, or of other code, then)`),
    ...missing.map(({ name }) => `--plugin ${name} (not there, or of other code, now)`),
  ];
}

/** Whether a checkpoint has prompts of these shapes to start from. */
async function hasPrompts(path: string, prompts: Prompts): Promise<boolean> {
  if (!existsSync(path)) return false;
  const { tensors } = await readTensorFile(path);
  return Object.entries(prompts).every(([name, { shape }]) => String(tensors.get(name)?.shape) === String(shape));
}

/** Lines on what may lead to other bits although nothing is wrong: versions, processors, threads. */
export function replayWarnings(
  past: ReplayedRun,
  now: { readonly versions: Readonly<Record<string, string>>; readonly threads: number },
): string[] {
  const { processor } = machine();
  return [
    ...Object.entries(now.versions).flatMap(([name, version]) =>
      past.versions[name] === version ? [] : [`${name} is ${version}, the run had ${past.versions[name] ?? "none"}`],
    ),
    ...(past.machine && past.machine.processor !== processor
      ? [`the processor is ${processor}, the run had ${past.machine.processor}`]
      : []),
    ...(past.config.threads === now.threads ? [] : [`${now.threads} threads, the run had ${past.config.threads}`]),
  ].map((line) => `replay: ${line}; the bits may differ`);
}

/** Of a checkpoint's tensors alone, for its metadata names the backbone's folder. */
export async function tensorsHash(path: string): Promise<string> {
  const { tensors } = await readTensorFile(path);
  const digest = createHash("sha256");
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${name} ${shape.join(",")}\n`);
    digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return digest.digest("hex");
}

/** Of the texts behind the soft tokens and the hard prompts. */
export const textsHash = ({ soft, hard }: Pick<TrainingSetup, "soft" | "hard">): string =>
  sha256(JSON.stringify([soft.texts, hard?.texts ?? null]));

/** What the remaining steps of a run depend on beside its options. */
export interface FingerprintParts {
  /** hash of its weights */
  readonly backbone: string;
  /** hashes of the lists of images, those to learn from first */
  readonly indices: readonly string[];
  /** behind the soft tokens, and the hard prompts */
  readonly texts: readonly string[];
}

/** Everything that the remaining steps of a run depend on; where it differs a run cannot be resumed. */
export function fingerprint(config: TrainConfig, { backbone, indices, texts }: FingerprintParts): string {
  // The paper's protocol shows in the splits.
  const { paperProtocol, ...options } = resultOptions(config);
  const plugins = activePlugins.all.flatMap(({ shapesTraining, name, sha256 }) =>
    shapesTraining ? [name, sha256] : [],
  );
  const parts = [options, backbone, indices, texts];
  return sha256(JSON.stringify(plugins.length > 0 ? [...parts, plugins] : parts));
}

/**
 * The fingerprint of the same run with its inputs where they lay when `run.json` was written: their contents are compared by
 * hashes, so they may lie elsewhere by now. Undefined where no epoch was recorded. Throws CHECKPOINT.
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
