/** `demo`: draws a data set, trains two variants on it and writes a report, without any download. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics } from "../../evaluation/metrics.ts";
import type { Variant } from "../../method/variants.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { unusedFolder } from "../../platform/folders.node.ts";
import { type EvaluationResult, evaluate } from "../../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";
import { trainSchema } from "../../runs/options.ts";
import { readRecords } from "../../runs/runFolder.ts";
import { train } from "../../runs/train/train.ts";
import { drawDataset } from "./dataset.ts";
import type { DemoConfig } from "./options.ts";
import { demoReport, type SampleFace } from "./report.ts";

/** People in each split. Each of them shows all eight expressions, and nobody is in two splits. */
export const demoPeople = { train: 32, valid: 10, test: 40 } as const;

const demoVariants = ["coop", "mpa"] as const satisfies readonly Variant[];

/** About 20 seconds for each variant on two cores; the curves are flat by then. */
const epochs = 30;

/** Result of the demo. */
export interface DemoResult {
  /** folder of the faces, the runs and the report */
  readonly out: string;
  readonly report: string;
  /** metrics on the test split: zero-shot, then each variant */
  readonly results: Readonly<Record<string, Metrics>>;
  readonly seconds: number;
}

/** Runs the demo. Throws WRITE if the output folder is not empty, INTERRUPTED if the signal aborts. */
export async function demo(config: DemoConfig, context: RunContext = {}): Promise<DemoResult> {
  const started = performance.now();
  const out = await unusedFolder(config.out, "runs/demo");
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

/** Number of people shown in the report: the first ones, so that they are not picked by their results. */
const shownPeople = 3;

/** Sample faces of the report: all expressions of the first people of a scored split, person by person. */
export async function sampleFaces({ split, scores, answers }: EvaluationResult): Promise<SampleFace[]> {
  const { classes, samples, root } = split;
  const faces = answers.map(({ label: predicted, probability: score }, i) => {
    const { file, label } = samples[scores.indices[i]];
    return { file, person: personOf(file), truth: classes[label], predicted: classes[predicted], score };
  });
  const people = [...new Set(faces.map(({ person }) => person))].sort().slice(0, shownPeople);
  const shown = people.flatMap((person) => faces.filter((face) => face.person === person));
  return await Promise.all(
    shown.map(async ({ file, ...face }) => ({ ...face, png: await readFile(join(root, file), "base64") })),
  );
}

async function draw(out: string, { seed }: DemoConfig, context: RunContext): Promise<void> {
  const { progress, signal } = contextOf(context);
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

/** Name of the person, which is the file name in the drawn data set. */
const personOf = (file: string): string => file.slice(file.lastIndexOf("/") + 1);
