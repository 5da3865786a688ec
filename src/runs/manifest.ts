/** `run.json`: what was run, on what, with which result. One schema, of which the writer and each reader take their part. */
import { dirname } from "node:path";
import { z } from "zod";
import { labelRules } from "../data/ferplusVotes.ts";
import { selectionSplits } from "../data/sample.ts";
import { type HeadlineIntervals, intervalMethods } from "../evaluation/intervals.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { checkJson, readJson } from "../platform/files.node.ts";
import { jsonBounds } from "../platform/json.ts";
import { listOf, recordOf } from "../platform/recordSchema.ts";
import { type Options, repeatedOptions } from "./optionRoles.ts";

const share = z.number();
const count = z.number();
const hash = z.string();

/** One time that the test split was scored with a checkpoint of the run. */
export const openingSchema = z.object({
  /** ISO 8601, UTC */
  at: z.string(),
  /** file name in the run folder */
  checkpoint: z.string(),
  /** of the checkpoint's bytes */
  sha256: hash,
  /** hash of the images' index: which images were scored */
  index: hash,
  /** kind of the data set that the split is of; absent, as `isOwn`, in records of before it was told */
  dataset: z.string().optional(),
  /** whether that is the data set that the run learned from: same kind, and same place or the same list of images to learn from */
  isOwn: z.boolean().optional(),
  images: count,
  /** absent where the split was explained and not scored */
  accuracy: share.optional(),
  uar: share.optional(),
});
export type TestEvaluation = z.infer<typeof openingSchema>;

/** Looks at the run's own test split, and scores on other data sets' (cross-data evaluation). Records that do not tell count as own. */
export function openingsByData<T extends Pick<TestEvaluation, "isOwn">>(openings: readonly T[]) {
  return {
    own: openings.filter(({ isOwn }) => isOwn !== false),
    other: openings.filter(({ isOwn }) => isOwn === false),
  };
}

/** The data set of an opening as people read it: two of one kind are told apart by their index. */
export const openedData = ({ dataset, index }: Pick<TestEvaluation, "dataset" | "index">): string =>
  `${dataset ?? "not recorded"} (index ${index.slice(0, 8)})`;

const classMetrics = z.object({ recall: share, precision: share, f1: share, support: count });
/** `Metrics` as they are in a record. */
export const metricsSchema = z.object({
  accuracy: share,
  uar: share,
  perClass: recordOf(classMetrics),
  confusion: listOf(listOf(count)),
  ece: share,
  n: count,
}) satisfies z.ZodType<Metrics>;
/** What a list of runs shows of them. */
export const shownMetricsSchema = metricsSchema
  .pick({ accuracy: true, uar: true, ece: true, n: true })
  .extend({ perClass: recordOf(classMetrics.pick({ recall: true, support: true })) });

const interval = z.tuple([share, share]);
const intervalMethod = z.enum(intervalMethods);
/** 95 % intervals of the headline figures. */
export const intervalsSchema = z.object({
  accuracy: interval,
  uar: interval,
  /** absent in records of before it was told; the bootstrap then */
  method: z.object({ accuracy: intervalMethod, uar: intervalMethod }).optional(),
}) satisfies z.ZodType<HeadlineIntervals>;

/** The options that readers know by name; a record has all of them. */
export const recordedOptionsSchema = z.object({
  variant: z.string(),
  dataset: z.string(),
  data: z.string(),
  labelRule: z.enum(labelRules),
  reportFaces: z.boolean().default(true),
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
  seed: z.number(),
});

export const splitSchema = z.object({
  images: count,
  counts: recordOf(count),
  leftOut: count,
  /** the same by what they are, and files that are no pictures that are read here by kind; absent where there are none */
  leftOutBy: recordOf(count).optional(),
  passedOver: recordOf(count).optional(),
  unreadable: count,
  unreadableFiles: z.array(z.string()),
  index: hash,
});

/** All that `train` writes; a reader picks what it needs, so that it reads records that lack the rest. */
export const runSchema = z.object({
  format: z.literal("mpa-fer-run/1"),
  finished: z.boolean(),
  /** which callback ended it before its time, and why */
  stopped: z.object({ by: z.string(), reason: z.string() }).optional(),
  config: recordedOptionsSchema,
  seed: z.number(),
  versions: recordOf(z.string()),
  plugins: z.array(z.looseObject({ name: z.string(), sha256: hash.optional() })).default([]),
  machine: z.object({ arch: z.string(), processor: z.string() }).optional(),
  provider: z.string(),
  microBatch: z.number().int().positive(),
  backbone: z.object({ name: z.string(), sha256: hash }),
  /** `train`, and the split that the best epoch was chosen on */
  data: z.record(z.string(), splitSchema),
  selection: z.enum(selectionSplits).default("valid"),
  /** what the paper's protocol makes of the figures */
  protocol: z.string().optional(),
  testSplitRead: z.boolean(),
  /** absent in records of before looks at the test split were recorded */
  testSplit: z.object({ openings: listOf(openingSchema) }).optional(),
  texts: z.object({ soft: z.array(z.string()), hard: z.array(z.string()).optional(), sha256: hash }),
  learned: z.object({ parameters: count, bytes: count, tableBytes: count }),
  steps: count,
  epochs: count,
  best: z.object({ epoch: count, accuracy: share, uar: share }).optional(),
  /** of the best epoch's prompts on the split that it was chosen on */
  metrics: metricsSchema.optional(),
  intervals: intervalsSchema.optional(),
  seconds: z.number(),
  /** hashes of the tensors of a finished run's checkpoints */
  bits: z.object({ last: hash, best: hash }).optional(),
});

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;
/** `run.json` as `train` writes it. */
export type RunRecord = Immutable<z.input<typeof runSchema>>;

/** The text of `run.json`, from a new record or from one that was read. */
export const manifestText = (record: RunRecord | Options): string => `${JSON.stringify(record, null, 2)}\n`;

const { config, learned, best, testSplit } = runSchema.shape;
/** What later work on a run needs of its record. */
const manifestSchema = runSchema
  .pick({
    ...{ format: true, finished: true, seed: true, steps: true, epochs: true },
    ...{ backbone: true, metrics: true, intervals: true, selection: true },
    ...{ machine: true, provider: true, seconds: true, bits: true },
  })
  .extend({
    config: config
      .pick({ variant: true, dataset: true, data: true, labelRule: true, reportFaces: true, seed: true })
      .extend(config.pick({ lr: true, batchSize: true, sampler: true, epochs: true }).shape)
      .extend({ limit: count.optional(), validLimit: count.optional(), maxSteps: count.optional() })
      .extend({ shuffle: z.boolean().default(true), paperProtocol: z.boolean().default(false) })
      .loose(),
    data: z.record(z.string(), splitSchema.pick({ images: true, index: true })),
    learned: learned.pick({ parameters: true }),
    best: best.unwrap().pick({ epoch: true }).optional(),
    testSplit: testSplit.unwrap().default({ openings: [] }),
  });
export type RunManifest = Immutable<z.infer<typeof manifestSchema>>;

/** A record has to lie in its own run folder, whoever made that. */
export const runBounds = (path: string) => ({ ...jsonBounds.run, root: dirname(path) });

/** Throws NOT_FOUND where there is none, CHECKPOINT where it is not the manifest of a run. */
export const readManifest = (path: string): Promise<RunManifest> =>
  readJson(path, manifestSchema, "CHECKPOINT", runBounds(path));

/** A run's record, and what later work needs of it. */
export interface RecordedRun {
  readonly manifest: RunManifest;
  /** all that the file holds, in its order */
  readonly record: Options;
}

const anyOptions = z.record(z.string(), z.unknown());

/** Throws as `readManifest` does. */
export async function readRecordedRun(path: string): Promise<RecordedRun> {
  const record = await readJson(path, anyOptions, "CHECKPOINT", runBounds(path));
  return { record, manifest: checkJson(record, manifestSchema, path, "CHECKPOINT") };
}

/** The options of a run that was made before, as a replay takes them over. Throws NOT_FOUND, and CONFIG for what is no manifest of a run. */
export async function replayedOptions(path: string): Promise<Options> {
  const schema = runSchema.pick({ format: true }).extend({ config: anyOptions });
  return repeatedOptions((await readJson(path, schema, "CONFIG", jsonBounds.run)).config);
}
