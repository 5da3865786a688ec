/** `demo`: the main job end to end on drawn faces, with nothing but what is in the package. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DemoConfig, evaluateSchema, trainSchema, type Variant } from "../config.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { type EvaluationResult, evaluate } from "../experiment/evaluate.ts";
import { readRecords } from "../experiment/runFolder.ts";
import { train } from "../experiment/train.ts";
import { writeFileAtomic } from "../files.ts";
import { freeFolder } from "../folders.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { drawDataset } from "./dataset.ts";
import { demoReport, type SampleFace } from "./demoReport.ts";
import { sampleFaces } from "./sampleFaces.ts";

/** People in each split; each of them shows all eight expressions, and nobody is in two splits. */
export const demoPeople = { train: 32, valid: 10, test: 40 } as const;
const demoVariants = ["coop", "mpa"] as const satisfies readonly Variant[];
/** A third of a minute each on two cores; the curves are flat by then. */
const epochs = 30;

export interface DemoResult {
  /** the folder of faces, runs and the report */
  readonly out: string;
  readonly report: string;
  /** on the held-out drawn faces: zero-shot, then each variant */
  readonly results: Readonly<Record<string, Metrics>>;
  readonly seconds: number;
}

/** Draws faces, adapts to them, and shows what came of it. Throws WRITE for a folder that holds something, INTERRUPTED. */
export async function demo(config: DemoConfig, context: RunContext = {}): Promise<DemoResult> {
  const started = performance.now();
  const out = await freeFolder(config.out, "runs/demo");
  const data = join(out, "faces");
  await draw(data, config, context);
  const zeroShot = await score(data, config, context);
  const results: Record<string, EvaluationResult> = { "zero-shot": zeroShot };
  for (const variant of demoVariants) {
    const run = join(out, variant);
    await train(trainingConfig(data, run, variant, config), context);
    results[variant] = await score(data, config, context, join(run, "best.safetensors"));
  }
  const metrics = Object.fromEntries(Object.entries(results).map(([name, { evaluation }]) => [name, evaluation]));
  const last = demoVariants[demoVariants.length - 1];
  const report = await writeReport(out, metrics, await sampleFaces(results[last]));
  return { out, report, results: metrics, seconds: (performance.now() - started) / 1000 };
}

async function draw(out: string, { seed }: DemoConfig, { progress = silent, signal }: RunContext): Promise<void> {
  await mkdir(join(out, ".."), { recursive: true });
  const total = 8 * (demoPeople.train + demoPeople.valid + demoPeople.test);
  const task = progress.start({ label: "drawing", total, unit: "faces" });
  await drawDataset({ out, seed, facesPerClass: demoPeople, signal, onProgress: (done) => task.update(done) });
  task.finish();
}

function trainingConfig(data: string, out: string, variant: Variant, config: DemoConfig) {
  const { backbone, batchSize, maxSteps, memory, precision, provider, seed, threads } = config;
  const shared = { backbone, batchSize, maxSteps, memory, precision, provider, seed, threads };
  return trainSchema.config.parse({ ...shared, data, dataset: "folder", variant, out, epochs });
}

function score(data: string, config: DemoConfig, context: RunContext, checkpoint?: string): Promise<EvaluationResult> {
  const { backbone, memory, precision, provider, seed, threads } = config;
  const shared = { backbone, memory, precision, provider, seed, threads };
  const given = { ...shared, data, dataset: "folder", split: "test", checkpoint };
  return evaluate(evaluateSchema.config.parse(given), context);
}

async function writeReport(
  out: string,
  results: Readonly<Record<string, Metrics>>,
  faces: readonly SampleFace[],
): Promise<string> {
  const runs = await Promise.all(
    demoVariants.map(async (variant) => ({ variant, records: await readRecords(join(out, variant, "metrics.jsonl")) })),
  );
  const report = join(out, "report.html");
  await writeFileAtomic(report, demoReport({ results, runs, faces, people: demoPeople }));
  return report;
}
