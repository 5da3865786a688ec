/** What the record of a run says to the world: all of it but places on this machine and names of pictures. */
import { z } from "zod";
import { intervalsSchema, metricsSchema, openingSchema } from "../evaluation/runManifest.ts";
import { readJson } from "../files.ts";

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
  const run = await readJson(path, schema, "CHECKPOINT");
  const config = { ...run.config, ...Object.fromEntries(own.map((key) => [key, undefined])) };
  const data = Object.fromEntries(
    Object.entries(run.data).map(([name, split]) => [name, { ...split, unreadableFiles: undefined }]),
  );
  // A folder's path says more than its name.
  const isFolder = run.config.backbone !== run.backbone.name;
  return { ...run, data, config: { ...config, backbone: isFolder ? run.backbone.name : run.config.backbone } };
}
