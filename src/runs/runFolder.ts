/** A run folder: every file written beside itself and renamed, so a crash leaves it old or new, whole. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { HeadlineIntervals } from "../evaluation/intervals.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import type { Progress } from "../method/fit.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { parseJson, readText, removeLeftovers, writeFileAtomic } from "../platform/files.node.ts";
import { type FolderLock, lockFolder } from "../platform/folderLock.node.ts";
import { jsonBounds } from "../platform/json.ts";
import { intervalsSchema, metricsSchema } from "./manifest.ts";

/** One line of `metrics.jsonl`: a step or an epoch, with each loss term by its name in docs/method.md. */
export type MetricRecord = Readonly<Record<string, unknown>> & {
  readonly kind: "step" | "epoch";
  readonly step: number;
};

export const runFiles = {
  manifest: "run.json",
  metrics: "metrics.jsonl",
  last: "last.safetensors",
  best: "best.safetensors",
  resume: "resume.safetensors",
  /** the best epoch's answers on the split that it was chosen on */
  predictions: "predictions.csv",
  report: "report.html",
} as const;

export class RunFolder {
  readonly path: string;
  readonly #lock: FolderLock;
  #records: MetricRecord[] = [];

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Opens a folder for a new run, or for one that goes on, and keeps others out of it until it is closed. Throws WRITE if
   * a new run would overwrite another or one is at work there, NOT_FOUND if there is nothing to go on from.
   */
  static async open(path: string, resume: boolean): Promise<RunFolder> {
    try {
      await mkdir(path, { recursive: true });
    } catch (cause) {
      throw new MpaError("WRITE", `cannot make ${path}`, {
        where: messageOf(cause),
        fix: "choose another --out",
        cause,
      });
    }
    const folder = new RunFolder(path, await lockFolder(path));
    try {
      folder.#require(resume);
      await removeLeftovers(path);
      return folder;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  #require(resume: boolean): void {
    const found = Object.values(runFiles).find((name) => existsSync(join(this.path, name)));
    if (resume && !existsSync(this.file("resume"))) {
      const fix = found === undefined ? "leave --resume out" : "choose another --out and leave --resume out";
      throw new MpaError("NOT_FOUND", `there is nothing to resume in ${this.path}`, { fix });
    }
    if (resume || found === undefined) return;
    const fix = existsSync(this.file("resume")) ? "add --resume, or choose another --out" : "choose another --out";
    throw new MpaError("WRITE", `there is a run in ${this.path} already (${found})`, { fix });
  }

  /** Lets others in. */
  close(): Promise<void> {
    return this.#lock.release();
  }

  file(name: keyof typeof runFiles): string {
    return join(this.path, runFiles[name]);
  }

  write(name: keyof typeof runFiles, content: string | Uint8Array): Promise<void> {
    return writeFileAtomic(this.file(name), content);
  }

  remove(name: keyof typeof runFiles): Promise<void> {
    return rm(this.file(name), { force: true });
  }

  get records(): readonly MetricRecord[] {
    return this.#records;
  }

  record(record: MetricRecord): void {
    this.#records.push(record);
  }

  writeMetrics(): Promise<void> {
    return this.write("metrics", this.#records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  }

  /** Reads the records up to a state; later ones belong to work that was lost and is done again. */
  async keepRecords({ step, epoch }: Pick<Progress, "step" | "epoch">): Promise<void> {
    if (!existsSync(this.file("metrics"))) return;
    // An epoch whose last step is done may still have its validation before it.
    this.#records = (await readRecords(this.file("metrics"))).filter(
      (record) => record.step <= step && (record.kind === "step" || Number(record.epoch) < epoch),
    );
  }
}

const recordSchema = z.looseObject({ kind: z.enum(["step", "epoch"]), step: z.number() });
// The value itself is kept, for a schema would put its keys in another order.
const isRecord = (value: unknown): value is MetricRecord => recordSchema.safeParse(value).success;

/** Lines of the longest file: far more epochs than anybody trains, beside the few thousand steps that are recorded. */
const maxRecords = 100_000;

/** The lines of a `metrics.jsonl`. Throws CHECKPOINT for a line that is no record, and for too many. */
export async function readRecords(path: string): Promise<MetricRecord[]> {
  const text = await readText(path, "CHECKPOINT");
  const records: MetricRecord[] = [];
  for (let start = 0, line = 1; start < text.length; line++) {
    const end = text.indexOf("\n", start);
    const content = text.slice(start, end < 0 ? undefined : end);
    if (content !== "") records.push(parseRecord(content, `${path}:${line}`));
    if (line > maxRecords) {
      throw new MpaError("CHECKPOINT", `the file has more than ${maxRecords} lines`, {
        where: path,
        fix: "take the file away",
      });
    }
    start = end < 0 ? text.length : end + 1;
  }
  return records;
}

function parseRecord(content: string, where: string): MetricRecord {
  const record = parseJson(content, where, "CHECKPOINT", jsonBounds.run);
  if (isRecord(record)) return record;
  throw new MpaError("CHECKPOINT", "the line is no record of a run", { where, fix: "take the file away" });
}

/* The scores of the best epoch so far, also of the part of a run before it was stopped. */

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
