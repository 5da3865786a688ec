/** The records of a run while it goes: `metrics.jsonl`, and TensorBoard's events where they are asked for. */
import { join } from "node:path";
import { z } from "zod";
import { selectionSplit } from "../data/selectionSplit.ts";
import type { HeadlineIntervals } from "../evaluation/intervals.ts";
import type { MetricRecord } from "../evaluation/metricRecord.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { intervalsSchema, metricsSchema } from "../evaluation/runManifest.ts";
import { writeFileAtomic } from "../files.ts";
import { EventFile } from "../report/tensorboard/eventFile.ts";
import type { OpenRun } from "./openRun.ts";

export interface BestEpoch {
  /** on the split that epochs are chosen on */
  readonly metrics: Metrics;
  /** absent in records of before there were any */
  readonly intervals?: HeadlineIntervals;
}

export class RunRecords {
  readonly #folder: OpenRun["folder"];
  readonly #events: EventFile | undefined;

  constructor({ folder, begin, config: { tensorboard, paperProtocol } }: OpenRun) {
    this.#folder = folder;
    this.#events = tensorboard ? new EventFile(now(), begin.step, selectionSplit(paperProtocol)) : undefined;
  }

  add(record: MetricRecord): void {
    this.#folder.record(record);
    this.#events?.add(record, now());
  }

  async write(): Promise<void> {
    await this.#folder.writeMetrics();
    if (this.#events) await writeFileAtomic(join(this.#folder.path, this.#events.name), this.#events.bytes());
  }

  /** What was recorded of the best epoch of a run that goes on; undefined where there is none. */
  best(epoch: number | undefined): BestEpoch | undefined {
    for (const record of this.#folder.records) {
      const parsed = epochSchema.safeParse(record);
      if (parsed.success && parsed.data.epoch === epoch) {
        return { metrics: parsed.data.validation, intervals: parsed.data.intervals };
      }
    }
    return undefined;
  }
}

/** Seconds since 1970. */
const now = (): number => Date.now() / 1000;

const epochSchema = z.object({
  kind: z.literal("epoch"),
  epoch: z.number(),
  validation: metricsSchema,
  intervals: intervalsSchema.optional(),
});
