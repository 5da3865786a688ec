/** Run folder: the files of a training run, each written atomically, so that a crash leaves the old or the new version. */
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

/** File names in a run folder. */
export const runFiles = {
  manifest: "run.json",
  metrics: "metrics.jsonl",
  last: "last.safetensors",
  best: "best.safetensors",
  resume: "resume.safetensors",
  /** predictions of the best epoch on the split used for model selection */
  predictions: "predictions.csv",
  report: "report.html",
} as const;

/** A locked run folder and the metrics records of its run. */
export class RunFolder {
  readonly path: string;
  readonly #lock: FolderLock;
  #records: MetricRecord[] = [];

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Opens a folder for a new or resumed run and locks it until `close`. Throws WRITE if a new run would overwrite another or the folder
   * is in use, NOT_FOUND if there is no state to resume.
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

  /** Releases the folder's lock. */
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

  /** Reads the records up to a state. Drops later ones, whose steps will be repeated. */
  async loadRecords({ step, epoch }: Pick<Progress, "step" | "epoch">): Promise<void> {
    if (!existsSync(this.file("metrics"))) return;
    // The state after an epoch's last step may precede its validation, so the epoch's record is dropped too.
    this.#records = (await readRecords(this.file("metrics"))).filter(
      (record) => record.step <= step && (record.kind === "step" || Number(record.epoch) < epoch),
    );
  }
}

/** Maximum number of lines in `metrics.jsonl`, far above the recorded steps and epochs of any real run. */
const maxRecords = 100_000;

/** Maximum size of `metrics.jsonl` in bytes, 300 a line. */
const maxRecordBytes = 32 * 2 ** 20;

/** Reads the records of a `metrics.jsonl`. Throws CHECKPOINT for an invalid line or a file beyond these bounds. */
export async function readRecords(path: string): Promise<MetricRecord[]> {
  const text = await readText(path, "CHECKPOINT", { max: maxRecordBytes });
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

/** Scores of the best epoch so far. */
export interface BestEpoch {
  /** metrics on the split used for model selection */
  readonly metrics: Metrics;
  /** absent in older records */
  readonly intervals?: HeadlineIntervals;
}

/** Scores of the best epoch from the records of a resumed run; undefined if there is none. */
export function recordedBest(records: readonly MetricRecord[], epoch: number | undefined): BestEpoch | undefined {
  const found = records.find((record) => record.kind === "epoch" && record.epoch === epoch);
  return found && isEpoch(found) ? { metrics: found.validation, intervals: found.intervals } : undefined;
}

function parseRecord(content: string, where: string): MetricRecord {
  const record = parseJson(content, where, "CHECKPOINT", jsonBounds.run);
  if (isRecord(record)) return record;
  throw new MpaError("CHECKPOINT", "the line is no record of a run", { where, fix: "take the file away" });
}

const recordSchema = z.looseObject({ kind: z.enum(["step", "epoch"]), step: z.number() });
// The record is used as it was read, because parsing it with the schema would reorder its keys.
const isRecord = (value: unknown): value is MetricRecord => recordSchema.safeParse(value).success;

// The values are used as they were recorded, because parsing them would reorder their keys.
const isEpoch = (record: MetricRecord): record is MetricRecord & z.output<typeof epochSchema> =>
  epochSchema.safeParse(record).success;

const epochSchema = z.object({
  kind: z.literal("epoch"),
  epoch: z.number(),
  validation: metricsSchema,
  intervals: intervalsSchema.optional(),
});
