/** The scores of the best epoch so far, also of the part of a run before it was stopped. */
import { z } from "zod";
import type { HeadlineIntervals } from "../evaluation/intervals.ts";
import type { MetricRecord } from "../evaluation/metricRecord.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { intervalsSchema, metricsSchema } from "../evaluation/runManifest.ts";

export interface BestEpoch {
  /** on the split that epochs are chosen on */
  readonly metrics: Metrics;
  /** absent in records of before there were any */
  readonly intervals?: HeadlineIntervals;
}

/** What was recorded of the best epoch of a run that goes on; undefined where there is none. */
export function recordedBest(records: readonly MetricRecord[], epoch: number | undefined): BestEpoch | undefined {
  for (const record of records) {
    const parsed = epochSchema.safeParse(record);
    if (parsed.success && parsed.data.epoch === epoch) {
      return { metrics: parsed.data.validation, intervals: parsed.data.intervals };
    }
  }
  return undefined;
}

const epochSchema = z.object({
  kind: z.literal("epoch"),
  epoch: z.number(),
  validation: metricsSchema,
  intervals: intervalsSchema.optional(),
});
