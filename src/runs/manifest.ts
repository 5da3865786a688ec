/** `run.json` as it is read back: what later work on a finished run needs of it; everything else is kept as it is. */
import { dirname } from "node:path";
import { z } from "zod";
import type { HeadlineIntervals } from "../evaluation/intervals.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { readJson } from "../platform/files.node.ts";
import { withoutSecrets } from "../platform/network.node.ts";
import type { TrainConfig } from "./options.ts";

const share = z.number();

/** One time that the test split was scored with a checkpoint of the run. */
export const openingSchema = z.object({
  /** ISO 8601, UTC */
  at: z.string(),
  /** file name in the run folder */
  checkpoint: z.string(),
  /** of the checkpoint's bytes */
  sha256: z.string(),
  /** hash of the images' index: which images were scored */
  index: z.string(),
  images: z.number(),
  /** absent where the split was explained and not scored */
  accuracy: share.optional(),
  uar: share.optional(),
});
export type TestEvaluation = z.infer<typeof openingSchema>;

/** `Metrics` as they are in a record. */
export const metricsSchema: z.ZodType<Metrics> = z.object({
  accuracy: share,
  uar: share,
  perClass: z.record(z.string(), z.object({ recall: share, precision: share, f1: share, support: z.number() })),
  confusion: z.array(z.array(z.number())),
  ece: share,
  n: z.number(),
});

const interval = z.tuple([share, share]);
/** 95 % bootstrap intervals of the headline figures. */
export const intervalsSchema: z.ZodType<HeadlineIntervals> = z.object({ accuracy: interval, uar: interval });

const manifestSchema = z.looseObject({
  format: z.literal("mpa-fer-run/1"),
  finished: z.boolean(),
  seed: z.number(),
  steps: z.number(),
  epochs: z.number(),
  config: z.looseObject({
    variant: z.string(),
    dataset: z.string(),
    data: z.string(),
    labelRule: z.enum(["plurality", "majority", "votes"]),
    reportFaces: z.boolean().default(true),
  }),
  backbone: z.object({ name: z.string(), sha256: z.string() }),
  learned: z.object({ parameters: z.number() }),
  best: z.object({ epoch: z.number() }).optional(),
  metrics: metricsSchema.optional(),
  intervals: intervalsSchema.optional(),
  selection: z.enum(["valid", "test"]).default("valid"),
  testSplit: z.object({ openings: z.array(openingSchema) }).default({ openings: [] }),
});
export type RunManifest = z.infer<typeof manifestSchema>;

/** Throws NOT_FOUND where there is none, CHECKPOINT where it is not the manifest of a run. */
export const readManifest = (path: string): Promise<RunManifest> => readJson(path, manifestSchema, "CHECKPOINT");

/** The same text as `train` writes. */
export const manifestText = (manifest: unknown): string => `${JSON.stringify(manifest, null, 2)}\n`;

/* A run's options as they are written down or handed on. */

/** Addresses without the names and passwords that they may hold: records are kept, shared and published. */
export function recordedConfig(config: TrainConfig): TrainConfig {
  const { redis, mlflow } = config;
  return {
    ...config,
    ...(redis !== undefined && { redis: withoutSecrets(redis) }),
    ...(mlflow !== undefined && { mlflow: withoutSecrets(mlflow) }),
  };
}

/* The options of a run that was made before, as its `run.json` has them. */

const replaySchema = z.object({ format: z.literal("mpa-fer-run/1"), config: z.record(z.string(), z.unknown()) });
/** What says where a run goes and how it tells of itself, not what it is. */
const placeOptions: ReadonlySet<string> = new Set([
  ...["out", "resume", "replay", "quiet", "json", "memory", "featureCache"],
  ...["redis", "helpers", "mlflow", "mlflowExperiment"],
]);

/** Throws NOT_FOUND, and CONFIG for what is no manifest of a run. */
export async function replayedOptions(path: string): Promise<Readonly<Record<string, unknown>>> {
  const { config } = await readJson(path, replaySchema, "CONFIG");
  return Object.fromEntries(Object.entries(config).filter(([key]) => !placeOptions.has(key)));
}

/* What the record of a run says to the world: all of it but places on this machine and names of pictures. */

const splitSchema = z.looseObject({
  images: z.number(),
  counts: z.record(z.string(), z.number()),
  leftOut: z.number(),
  unreadable: z.number(),
  index: z.string(),
});

/** Runs of before looks at the test split were recorded have no `testSplit`. */
const schema = z.looseObject({
  format: z.literal("mpa-fer-run/1"),
  finished: z.boolean(),
  stopped: z.object({ by: z.string(), reason: z.string() }).optional(),
  seed: z.number(),
  config: z.looseObject({
    variant: z.string(),
    dataset: z.string(),
    labelRule: z.string(),
    hardPrompt: z.number(),
    visualPrompts: z.number(),
    contextLength: z.number(),
    topK: z.number(),
    beta: z.number(),
    gamma: z.number(),
    augment: z.string(),
    sampler: z.string(),
    batchSize: z.number(),
    lr: z.number(),
    epochs: z.number(),
    backbone: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  plugins: z.array(z.looseObject({ name: z.string() })).default([]),
  backbone: z.object({ name: z.string(), sha256: z.string() }),
  data: z.record(z.string(), splitSchema),
  selection: z.enum(["valid", "test"]).default("valid"),
  protocol: z.string().optional(),
  testSplit: z.object({ openings: z.array(openingSchema) }).optional(),
  learned: z.object({ parameters: z.number() }),
  steps: z.number(),
  epochs: z.number(),
  best: z.object({ epoch: z.number() }),
  metrics: metricsSchema,
  intervals: intervalsSchema.optional(),
});

export type PublishedRun = z.infer<typeof schema>;

/** Options that say where something lies on this machine, or how the command told of itself. */
const own = [
  ...["data", "out", "json", "init", "descriptions", "featureCache", "replay", "quiet", "resume"],
  ...["redis", "helpers", "mlflow", "mlflowExperiment"],
];

/** Throws NOT_FOUND where there is no record, CHECKPOINT where the run has no best epoch or the record is none. */
export async function readPublishedRun(path: string): Promise<PublishedRun> {
  const run = await readJson(path, schema, "CHECKPOINT", { root: dirname(path) });
  const config = { ...run.config, ...Object.fromEntries(own.map((key) => [key, undefined])) };
  const data = Object.fromEntries(
    Object.entries(run.data).map(([name, split]) => [name, { ...split, unreadableFiles: undefined }]),
  );
  // A folder's path says more than its name.
  const isFolder = run.config.backbone !== run.backbone.name;
  return { ...run, data, config: { ...config, backbone: isFolder ? run.backbone.name : run.config.backbone } };
}
