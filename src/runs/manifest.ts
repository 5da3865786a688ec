/** Manifest of a run, `run.json`: options, data and results. One schema shared by the writer and all readers. */
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

/** One evaluation of a test split with a checkpoint of the run. */
export const openingSchema = z.object({
  /** ISO 8601, UTC */
  at: z.string(),
  /** file name in the run folder */
  checkpoint: z.string(),
  /** hash of the checkpoint's bytes */
  sha256: hash,
  /** hash of the list of scored images */
  index: hash,
  /** kind of the data set; absent in older records, as is `isOwn` */
  dataset: z.string().optional(),
  /** whether the run was trained on this data set: same kind, and same folder or list of training images */
  isOwn: z.boolean().optional(),
  images: count,
  /** absent if the split was explained, not scored */
  accuracy: share.optional(),
  uar: share.optional(),
});
export type TestEvaluation = z.infer<typeof openingSchema>;

/** Splits evaluations into those on the run's own test split and cross-dataset ones. Records without `isOwn` count as own. */
export function openingsByData<T extends Pick<TestEvaluation, "isOwn">>(openings: readonly T[]) {
  return {
    own: openings.filter(({ isOwn }) => isOwn !== false),
    other: openings.filter(({ isOwn }) => isOwn === false),
  };
}

/** Label of an evaluated data set; its index hash distinguishes two of the same kind. */
export const dataLabel = ({ dataset, index }: Pick<TestEvaluation, "dataset" | "index">): string =>
  `${dataset ?? "not recorded"} (index ${index.slice(0, 8)})`;

const classMetrics = z.object({ recall: share, precision: share, f1: share, support: count });
const recordedMetrics = z.object({
  accuracy: share,
  uar: share,
  /** absent in older records */
  classes: listOf(z.string()).optional(),
  perClass: recordOf(classMetrics),
  confusion: listOf(listOf(count)),
  ece: share,
  n: count,
});
/** Schema of recorded `Metrics`. */
export const metricsSchema = recordedMetrics.transform(withClasses) satisfies z.ZodType<Metrics>;
/** Metrics shown in a list of runs. */
export const shownMetricsSchema = recordedMetrics
  .pick({ accuracy: true, uar: true, classes: true, ece: true, n: true })
  .extend({ perClass: recordOf(classMetrics.pick({ recall: true, support: true })) })
  .transform(withClasses);
/** The part of recorded metrics that a curve over the epochs needs. */
export const accuracySchema = recordedMetrics.pick({ accuracy: true });

const interval = z.tuple([share, share]);
const intervalMethod = z.enum(intervalMethods);
/** Schema of the 95 % confidence intervals of accuracy and UAR. */
export const intervalsSchema = z.object({
  accuracy: interval,
  uar: interval,
  /** absent in older records, which used the bootstrap */
  method: z.object({ accuracy: intervalMethod, uar: intervalMethod }).optional(),
}) satisfies z.ZodType<HeadlineIntervals>;

/** Options that readers access by name; a manifest records all options. */
export const recordedOptionsSchema = z.object({
  variant: z.string(),
  dataset: z.string(),
  data: z.string(),
  labelRule: z.enum(labelRules),
  reportFaces: z.boolean().default(true),
  hardPrompt: z.number(),
  template: z.string().optional(),
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
  classes: listOf(z.string()).optional(),
  fold: z.string().optional(),
  foldSeed: z.number().optional(),
  persons: z.string().optional(),
});

export const splitSchema = z.object({
  images: count,
  counts: recordOf(count),
  leftOut: count,
  /** rows without a class by reason, and unsupported files by kind; absent if there are none */
  leftOutBy: recordOf(count).optional(),
  passedOver: recordOf(count).optional(),
  unreadable: count,
  unreadableFiles: z.array(z.string()),
  index: hash,
});

/** Complete schema of what `train` writes. Readers pick the fields they need, so that they accept manifests without the others. */
export const runSchema = z.object({
  format: z.literal("mpa-fer-run/1"),
  finished: z.boolean(),
  /** callback that stopped the run early, or `--patience`, which ended it, and the reason */
  stopped: z.object({ by: z.string(), reason: z.string() }).optional(),
  config: recordedOptionsSchema,
  seed: z.number(),
  versions: recordOf(z.string()),
  plugins: z.array(z.looseObject({ name: z.string(), sha256: hash.optional() })).default([]),
  machine: z.object({ arch: z.string(), processor: z.string() }).optional(),
  provider: z.string(),
  /** the graphics adapter, and nodes of the step's graphs by provider; absent on the processor */
  adapter: z.string().optional(),
  nodes: recordOf(count).optional(),
  microBatch: z.number().int().positive(),
  backbone: z.object({ name: z.string(), sha256: hash }),
  /** the training split and the split used for model selection, by name */
  data: z.record(z.string(), splitSchema),
  selection: z.enum(selectionSplits).default("valid"),
  /** caveat of the paper's protocol: epochs were selected on the test split */
  protocol: z.string().optional(),
  testSplitRead: z.boolean(),
  /** absent in older records */
  testSplit: z.object({ openings: listOf(openingSchema) }).optional(),
  texts: z.object({ soft: z.array(z.string()), hard: z.array(z.string()).optional(), sha256: hash }),
  learned: z.object({ parameters: count, bytes: count, tableBytes: count }),
  steps: count,
  epochs: count,
  /** in half precision: the factor of the loss's gradient at the end, and the steps that were skipped for an overflow */
  lossScale: z.object({ scale: count, skipped: count }).optional(),
  best: z.object({ epoch: count, accuracy: share, uar: share }).optional(),
  /** metrics of the best epoch on the split used for model selection */
  metrics: metricsSchema.optional(),
  intervals: intervalsSchema.optional(),
  /** when the first step was about to be made, ISO 8601, UTC; absent in older records */
  startedAt: z.iso.datetime().optional(),
  seconds: z.number(),
  /** hashes of the tensors of a finished run's checkpoints */
  bits: z.object({ last: hash, best: hash }).optional(),
});

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;
/** Contents of `run.json` as `train` writes it. */
export type RunRecord = Immutable<z.input<typeof runSchema>>;

/** Text of `run.json`, from a new record or from one that was read. */
export const manifestText = (record: RunRecord | Options): string => `${JSON.stringify(record, null, 2)}\n`;

const { config, learned, best, testSplit } = runSchema.shape;
/** Fields needed to report, evaluate or resume a run. */
const manifestSchema = runSchema
  .pick({
    ...{ format: true, finished: true, seed: true, steps: true, epochs: true },
    ...{ backbone: true, metrics: true, intervals: true, selection: true },
    ...{ machine: true, provider: true, startedAt: true, seconds: true, bits: true, stopped: true },
  })
  .extend({
    config: config
      .pick({ variant: true, dataset: true, data: true, labelRule: true, reportFaces: true, seed: true })
      .extend(config.pick({ classes: true, fold: true, foldSeed: true, persons: true }).shape)
      .extend(config.pick({ lr: true, batchSize: true, sampler: true, epochs: true }).shape)
      .extend({ limit: count.optional(), validLimit: count.optional(), maxSteps: count.optional() })
      .extend({ ema: z.number().optional(), averageFrom: count.optional() })
      .extend({ optimiser: z.string().optional(), schedule: z.string().optional() })
      .extend({ shuffle: z.boolean().default(true), paperProtocol: z.boolean().default(false) })
      .loose(),
    data: z.record(z.string(), splitSchema.pick({ images: true, index: true })),
    learned: learned.pick({ parameters: true }),
    best: best.unwrap().pick({ epoch: true }).optional(),
    testSplit: testSplit.unwrap().default({ openings: [] }),
  });
export type RunManifest = Immutable<z.infer<typeof manifestSchema>>;

/** Limits for reading a manifest, which must be inside its run folder. */
export const runBounds = (path: string) => ({ ...jsonBounds.run, root: dirname(path) });

/** Reads a manifest. Throws NOT_FOUND if there is none, CHECKPOINT if the file is not a manifest. */
export const readManifest = (path: string): Promise<RunManifest> =>
  readJson(path, manifestSchema, "CHECKPOINT", runBounds(path));

/** A manifest, parsed and as recorded. */
export interface RecordedRun {
  readonly manifest: RunManifest;
  /** all fields of the file, in its order */
  readonly record: Options;
}

const anyOptions = z.record(z.string(), z.unknown());

/** Reads a manifest with all of its fields. Throws the errors of `readManifest`. */
export async function readRecordedRun(path: string): Promise<RecordedRun> {
  const record = await readJson(path, anyOptions, "CHECKPOINT", runBounds(path));
  return { record, manifest: checkJson(record, manifestSchema, path, "CHECKPOINT") };
}

/** Options of a recorded run that a replay repeats. Throws NOT_FOUND, and CONFIG if the file is not a manifest. */
export async function replayedOptions(path: string): Promise<Options> {
  const schema = runSchema.pick({ format: true }).extend({ config: anyOptions });
  return repeatedOptions((await readJson(path, schema, "CONFIG", jsonBounds.run)).config);
}

/** Metrics with the order of their classes. Adds an issue if `classes` and `perClass` name different classes. */
function withClasses<M extends { readonly classes?: string[]; readonly perClass: Readonly<Record<string, unknown>> }>(
  metrics: M,
  context: z.RefinementCtx,
): M & { classes: string[] } {
  const { classes = olderOrder(Object.keys(metrics.perClass)), perClass } = metrics;
  const isComplete = classes.length === Object.keys(perClass).length;
  if (isComplete && classes.every((name) => Object.hasOwn(perClass, name))) return { ...metrics, classes };
  context.addIssue({ code: "custom", path: ["classes"], message: "expected the names in perClass" });
  return z.NEVER;
}

/**
 * Order of the classes in older records, which have it only in the keys of `perClass`. JavaScript moves integer-like keys to the
 * front; only class folders have such names, whose order is that of their code units.
 */
const olderOrder = (names: readonly string[]): string[] =>
  names.some((name) => /^(0|[1-9]\d*)$/.test(name)) ? [...names].sort() : [...names];
