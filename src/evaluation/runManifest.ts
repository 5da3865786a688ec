/** `run.json` as it is read back: what later work on a finished run needs of it; everything else is kept as it is. */
import { z } from "zod";
import { readJson } from "../files.ts";
import type { HeadlineIntervals } from "./intervals.ts";
import type { Metrics } from "./metrics.ts";

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
export type TestOpening = z.infer<typeof openingSchema>;

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
