/** A run folder (CONTRACT.md): every file written beside itself and renamed, so a crash leaves it old or new, whole. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { MpaError, messageOf } from "../errors.ts";
import type { MetricRecord } from "../evaluation/metricRecord.ts";
import { parseJson, readText, writeFileAtomic } from "../files.ts";

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
  #records: MetricRecord[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  /** Opens a folder for a new run, or for one that goes on. Throws WRITE if a new run would overwrite another. */
  static async open(path: string, resume: boolean): Promise<RunFolder> {
    const folder = new RunFolder(path);
    const begun = existsSync(folder.file("last")) || existsSync(folder.file("manifest"));
    if (begun && !resume) {
      throw new MpaError(
        "WRITE",
        `there is a run in ${path} already`,
        undefined,
        "add --resume, or choose another --out",
      );
    }
    if (resume && !existsSync(folder.file("resume"))) {
      throw new MpaError("NOT_FOUND", `there is nothing to resume in ${path}`, undefined, "leave --resume out");
    }
    try {
      await mkdir(path, { recursive: true });
    } catch (cause) {
      throw new MpaError("WRITE", `cannot make ${path}`, messageOf(cause), "choose another --out", { cause });
    }
    return folder;
  }

  file(name: keyof typeof runFiles): string {
    return join(this.path, runFiles[name]);
  }

  write(name: keyof typeof runFiles, content: string | Uint8Array): Promise<void> {
    return writeFileAtomic(this.file(name), content);
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

  /** Reads the records up to a step; later ones belong to work that was lost and is done again. */
  async keepRecords(step: number): Promise<void> {
    if (!existsSync(this.file("metrics"))) return;
    this.#records = (await readRecords(this.file("metrics"))).filter((record) => record.step <= step);
  }
}

const recordSchema = z.looseObject({ kind: z.enum(["step", "epoch"]), step: z.number() });
// The value itself is kept, for a schema would put its keys in another order.
const isRecord = (value: unknown): value is MetricRecord => recordSchema.safeParse(value).success;

/** The lines of a `metrics.jsonl`. Throws CHECKPOINT for a line that is no record. */
export async function readRecords(path: string): Promise<MetricRecord[]> {
  const lines = (await readText(path, "CHECKPOINT")).split("\n");
  return lines.flatMap((line, i) => {
    if (line === "") return [];
    const where = `${path}:${i + 1}`;
    const record = parseJson(line, where, "CHECKPOINT");
    if (isRecord(record)) return [record];
    throw new MpaError("CHECKPOINT", "the line is no record of a run", where, "take the file away");
  });
}

/** What ran: this package, Node, ONNX Runtime. */
export function versions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  const version = (path: string): string => JSON.parse(readFileSync(path, "utf8")).version;
  return {
    "mpa-fer": version(new URL("../../package.json", import.meta.url).pathname),
    node: process.versions.node,
    "onnxruntime-node": version(require.resolve("onnxruntime-node/package.json")),
  };
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");
