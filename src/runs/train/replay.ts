/** Comparison of a run with the manifest of a past one, for `train --replay` and `train --resume`. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { readTensorFile } from "../../clip/weights.node.ts";
import type { Prompts } from "../../method/prompts.ts";
import { MpaError } from "../../platform/errors.ts";
import { readJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { machine } from "../../platform/package.node.ts";
import { activePlugins } from "../../platform/registry.ts";
import { runSchema, splitSchema } from "../manifest.ts";
import { differingOptions } from "../optionRoles.ts";
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
/** Manifest fields of a run to replay. */
export type ReplayedRun = z.infer<typeof replaySchema>;

/** Reads the manifest of a run to replay. Throws NOT_FOUND, CONFIG. */
export const readReplayed = (path: string): Promise<ReplayedRun> =>
  readJson(path, replaySchema, "CONFIG", jsonBounds.run);

/** Everything that determines a run's result; hashes as in the manifest. */
export interface RunIdentity {
  readonly config: TrainConfig;
  /** hash of the backbone's weights */
  readonly backbone: string;
  /** hash of the image list, by split */
  readonly data: Readonly<Record<string, string>>;
  /** hash of the class texts */
  readonly texts: string;
}

/** Throws CHECKPOINT, naming the differences, if this run would not repeat the past one. Input files may have moved. */
export function checkReplay(past: ReplayedRun, now: RunIdentity, path: string): void {
  const differs = differences(past, now);
  if (differs.length === 0) return;
  const fix = "leave out the options that change it, and name the same data and backbone";
  throw new MpaError("CHECKPOINT", `this is another run: ${differs.join(", ")} differ`, { where: path, fix });
}

/** Error for resuming a folder that holds another run, with the differences and a fix. */
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

/** Warnings about conditions that may change the bits of a valid replay: versions, processor, threads. */
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

/** Differences between two runs, with the past and current values of options and weights. */
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

async function differencesFrom(path: string, now: RunIdentity): Promise<string[]> {
  if (!existsSync(path)) return ["no epoch was recorded, so which of them is not known"];
  const past = await readReplayed(path);
  const differs = [...differences(past, now), ...differingModules(past.plugins)];
  return differs.length > 0 ? differs : ["run.json tells of another run than resume.safetensors"];
}

type Module = Readonly<Pick<ReplayedRun["plugins"][number], "name" | "sha256">>;

/** Plugins that affect training and were added, removed or changed since the run. */
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

/** Whether a checkpoint has prompts of the same shapes, to initialise a new run. */
async function hasPrompts(path: string, prompts: Prompts): Promise<boolean> {
  if (!existsSync(path)) return false;
  const { tensors } = await readTensorFile(path);
  return Object.entries(prompts).every(([name, { shape }]) => String(tensors.get(name)?.shape) === String(shape));
}
