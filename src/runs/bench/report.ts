/** Report of a measurement (`bench --report FILE`): one JSON with all that is needed to compare it with another machine's. */
import { cpus, platform, release, totalmem } from "node:os";
import { z } from "zod";
import { isProcessor } from "../../graph/target.ts";
import type { Work } from "../../graph/work.ts";
import { checkJson, readJson, writeFileAtomic } from "../../platform/files.node.ts";
import { machine, versions } from "../../platform/package.node.ts";
import { driverOf, watchMemory } from "./device.ts";

const amount = z.number().positive();
const count = z.int().nonnegative();
const milliseconds = z.array(amount).min(1);
const work = z.strictObject({ multiplyAdds: amount, bytes: amount });
const nodes = z.record(z.string(), count);

/** A report. Rates are images a second by the median step; memory is in MiB; what could not be found out is absent. */
export const benchReportSchema = z.strictObject({
  version: z.literal(1),
  date: z.iso.datetime(),
  machine: z.strictObject({
    arch: z.string(),
    processor: z.string(),
    cores: z.int().positive(),
    system: z.string(),
    memory_mb: amount,
  }),
  versions: z.record(z.string(), z.string()),
  provider: z.string(),
  adapter: z.string().optional(),
  driver: z.string().optional(),
  /** of CUDA's products of single precision: ONNX Runtime allows TF32, and NVIDIA_TF32_OVERRIDE=0 forbids it to NVIDIA's libraries */
  tf32: z.enum(["allowed", "forbidden"]).optional(),
  backbone: z.string(),
  precision: z.string(),
  batch: z.int().positive(),
  micro_batch: z.int().positive().optional(),
  threads: z.int().positive(),
  train_images_per_s: amount.optional(),
  predict_images_per_s: amount.optional(),
  train_step_ms: milliseconds.optional(),
  predict_step_ms: milliseconds.optional(),
  /** processor time of the thread that feeds a training */
  host_ms_per_image: z.number().nonnegative().optional(),
  /** peak resident memory of the process */
  rss_mb: amount,
  /** growth of the memory in use on the card during the measurement, by nvidia-smi: other processes count as well */
  device_mb: z.number().nonnegative().optional(),
  /** nodes of the graphs by the provider that ran them */
  nodes: z.strictObject({ train: nodes.optional(), predict: nodes.optional() }).optional(),
  losses: z.record(z.string(), z.number()).optional(),
  /** work of a batch, counted from the graphs (`countWork`) */
  work: z.strictObject({ train: work.optional(), predict: work.optional() }),
});
export type BenchReport = Readonly<z.output<typeof benchReportSchema>>;

/** Work of a batch by what is timed. */
export type BatchWork = { readonly train?: Work; readonly predict?: Work };

/** What a measurement tells of itself; `profile` is no part of a report. */
interface Measured {
  readonly provider: string;
  readonly profile?: unknown;
}

/** Runs a measurement, watching the card, and writes the report to `file`. Throws WRITE. */
export async function measureWithReport<Result extends Measured>(
  file: string,
  batchWork: () => Promise<BatchWork>,
  measure: () => Promise<Result>,
): Promise<Result> {
  // Counted first, so that it takes no memory from the measurement, and an unknown backbone fails before it.
  const counted = await batchWork();
  const watch = watchMemory();
  let deviceMb: number | undefined;
  let result: Result;
  try {
    result = await measure();
  } finally {
    deviceMb = await watch.stop();
  }
  const { profile: _, ...measured } = result;
  const driver = isProcessor(result.provider) ? undefined : await driverOf();
  const report = {
    version: 1,
    date: new Date().toISOString(),
    machine: {
      ...machine(),
      cores: cpus().length,
      system: `${platform()} ${release()}`,
      memory_mb: totalmem() / 2 ** 20,
    },
    versions: versions(),
    ...measured,
    ...(driver !== undefined && { driver }),
    ...(result.provider === "cuda" && { tf32: process.env.NVIDIA_TF32_OVERRIDE === "0" ? "forbidden" : "allowed" }),
    ...(deviceMb !== undefined && !isProcessor(result.provider) && { device_mb: deviceMb }),
    work: counted,
  };
  await writeFileAtomic(file, `${JSON.stringify(checkJson(report, benchReportSchema, file, "INTERNAL"), null, 2)}\n`);
  return result;
}

/** Reads a report. Throws CONFIG where it is none. */
export async function readBenchReport(file: string): Promise<BenchReport> {
  return await readJson(file, benchReportSchema, "CONFIG");
}
