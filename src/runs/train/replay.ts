/** `train --replay`: whether a run is the one that a manifest tells of, before it starts and when it is done. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Backbone } from "../../clip/backbone.ts";
import { readTensorFile } from "../../clip/weights.node.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import type { Split } from "../../data/sample.ts";
import type { TrainingSetup } from "../../method/setup.ts";
import { MpaError } from "../../platform/errors.ts";
import { readJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { machine, sha256 } from "../../platform/package.node.ts";
import { activePlugins } from "../../platform/registry.ts";
import type { TrainConfig } from "../options.ts";

const hash = z.string();
const schema = z.object({
  config: z.record(z.string(), z.unknown()),
  microBatch: z.number().int().positive(),
  versions: z.record(z.string(), z.string()),
  machine: z.object({ arch: z.string(), processor: z.string() }).optional(),
  backbone: z.object({ sha256: hash }),
  data: z.record(z.string(), z.object({ index: hash })),
  texts: z.object({ sha256: hash }),
  bits: z.object({ last: hash, best: hash }).optional(),
});
export type ReplayedRun = z.infer<typeof schema>;

/** Throws NOT_FOUND, CONFIG. */
export const readReplayed = (path: string): Promise<ReplayedRun> => readJson(path, schema, "CONFIG", jsonBounds.run);

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
  const differs = [
    ...settings.filter((key) => JSON.stringify(past.config[key]) !== JSON.stringify(now.config[key])),
    ...(past.backbone.sha256 === now.backbone ? [] : ["the backbone's weights"]),
    ...Object.keys(now.data).flatMap((split) =>
      past.data[split]?.index === now.data[split] ? [] : [`the list of images of the ${split} split`],
    ),
    ...(past.texts.sha256 === now.texts ? [] : ["the texts of the classes"]),
  ];
  if (differs.length === 0) return;
  const fix = "leave out the options that change it, and name the same data and backbone";
  throw new MpaError("CHECKPOINT", `this is another run: ${differs.join(", ")} differ`, { where: path, fix });
}

/** Options that decide the bits; not where things lie, nor how much is read or told at once. */
const settings = [
  ...["dataset", "labelRule", "limit", "validLimit", "paperProtocol", "augment", "shuffle", "sampler", "variant"],
  ...[
    "context",
    "contextLength",
    "softText",
    "hardPrompt",
    "visualPrompts",
    "topK",
    "beta",
    "gamma",
    "tau",
    "lossTerm",
  ],
  ...["prototypeLoss", "prototypeImages", "epochs", "batchSize", "lr", "momentum", "weightDecay", "schedule"],
  ...["maxSteps", "seed", "precision", "provider"],
] as const satisfies readonly (keyof TrainConfig)[];

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

/** Everything that the remaining steps of a run depend on; where it differs a run cannot be resumed. */
export function fingerprint(
  config: TrainConfig,
  backbone: Backbone,
  splits: readonly Split[],
  texts: readonly string[],
): string {
  // The paper's protocol shows in the splits.
  const { out, resume, quiet, json, memory, threads, checkpointEvery, paperProtocol, ...rest } = config;
  const { reportFaces, featureCache, dataWorkers, replay, tensorboard, mlflow, mlflowExperiment, ...more } = rest;
  // The size of a part is kept in the resume file; who computes a part makes no difference.
  const { redis, helpers, microBatch, ...meaning } = more;
  const plugins = activePlugins().flatMap(({ shapesTraining, name, sha256 }) => (shapesTraining ? [name, sha256] : []));
  const parts = [meaning, backbone.sha256, splits.map(hashIndex), texts];
  return sha256(JSON.stringify(plugins.length > 0 ? [...parts, plugins] : parts));
}
