/**
 * Quality of training in eight bits or in half precision: validation accuracy of prompts trained in single precision and in that one from
 * the same seeds, and the cosine between their prompt gradients before the first step and after the last.
 *
 *   npm run bench:int8 -- --data DIR/ferplus --epochs 2 --out docs/records/int8-quality.json
 *   npm run bench:fp16 -- --data DIR/ferplus --epochs 1 --max-steps 200 --provider webgpu --out docs/records/fp16-quality.json
 *   npm run bench:fp16 -- --data DIR/ferplus --epochs 1 --max-steps 200 --emulate --out docs/records/fp16-ferplus.json
 *
 * Half precision needs a graphics card: ONNX Runtime's CPU removes most of its roundings. `--emulate` computes on the CPU all the same,
 * and rounds the result of every operator as a card does; inside an operator, sums and attention are in single precision.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BackboneContext } from "../src/clip/backbone.node.ts";
import { trainingBatches } from "../src/method/batches.ts";
import { runStep, type TrainingBatch } from "../src/method/step.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { versions } from "../src/platform/package.node.ts";
import { trainSchema } from "../src/runs/options.ts";
import { openRun } from "../src/runs/train/openRun.ts";
import { train } from "../src/runs/train/train.ts";
import { roundingHalf } from "../test/roundingHalf.ts";
import { machine } from "./machine.ts";

const { values: flags } = parseArgs({
  options: {
    precision: { type: "string", default: "int8" },
    provider: { type: "string", default: "cpu" },
    data: { type: "string" },
    dataset: { type: "string", default: "ferplus" },
    backbone: { type: "string", default: "faceclip-mini" },
    seeds: { type: "string", default: "1,2,3" },
    epochs: { type: "string", default: "2" },
    "max-steps": { type: "string" },
    "valid-limit": { type: "string" },
    threads: { type: "string", default: "2" },
    emulate: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
/** What is asked: points of accuracy between the precisions at most, and the least cosine. */
const asked = { int8: { points: 0.3, cosine: 0.99 }, fp16: { points: 0.2, cosine: 0.999 } } as const;
const tried = flags.precision;
if (tried !== "int8" && tried !== "fp16") throw new Error(`--precision is int8 or fp16, not ${tried}`);
const precisions = ["fp32", tried] as const;
const folder = await mkdtemp(join(tmpdir(), `mpa-fer-${tried}-`));

interface SeedResult {
  readonly seed: number;
  readonly accuracy: Readonly<Record<string, number>>;
  readonly uar: Readonly<Record<string, number>>;
  /** of each trained tensor */
  readonly cosine_start: Readonly<Record<string, number>>;
  readonly cosine_end: Readonly<Record<string, number>>;
}

const results: SeedResult[] = [];
try {
  for (const seed of flags.seeds.split(",").map(Number)) {
    results.push(await compare(seed));
    process.stderr.write(`${JSON.stringify(results[results.length - 1])}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
/** The options as they were given, without the place of the data. */
const given = process.argv
  .slice(2)
  .join(" ")
  .replace(`--precision ${tried} `, "")
  .replace(flags.data ?? "", "DIR/ferplus");
const difference = mean(results.map(({ accuracy }) => accuracy[tried] - accuracy.fp32));
const cosines = results.flatMap(({ cosine_start, cosine_end }) => [cosine_start, cosine_end].flatMap(Object.values));
const record = {
  command: `npm run bench:${tried} -- ${given}`,
  machine: machine(),
  versions: versions(),
  ...flags,
  results,
  accuracy_difference: difference,
  least_cosine: Math.min(...cosines),
};
if (flags.out !== undefined)
  await writeFileAtomic(flags.out, `${JSON.stringify({ ...record, data: undefined, out: undefined }, null, 1)}\n`);
process.stdout.write(
  `accuracy ${tried} − fp32: ${(100 * difference).toFixed(2)} points over ${results.length} seeds (asked: within ${asked[tried].points})\n` +
    `least cosine of prompt gradients: ${record.least_cosine.toFixed(4)} (asked: ≥ ${asked[tried].cosine})\n`,
);

async function compare(seed: number): Promise<SeedResult> {
  const accuracy: Record<string, number> = {};
  const uar: Record<string, number> = {};
  for (const precision of precisions) {
    const { best } = await train(configOf(seed, precision, {}), contextOf(precision));
    accuracy[precision] = best?.accuracy ?? Number.NaN;
    uar[precision] = best?.uar ?? Number.NaN;
  }
  const init = join(folder, `${seed}-fp32`, "last.safetensors");
  const [cosine_start, cosine_end] = [await cosinesOf(seed, {}), await cosinesOf(seed, { init })];
  return { seed, accuracy, uar, cosine_start, cosine_end };
}

/** Cosine between the gradients of an epoch's first batch in both precisions. */
async function cosinesOf(seed: number, more: object): Promise<Record<string, number>> {
  const gradients: Readonly<Record<string, Float32Array>>[] = [];
  for (const precision of precisions) {
    const config = configOf(seed, precision, {
      ...more,
      out: join(folder, `gradient-${seed}-${precision}-${Math.random()}`),
    });
    const run = await openRun(config, contextOf(precision));
    const { sessions, stepOptions } = run.sessions.training;
    const batch = await firstBatch(trainingBatches(run.inputs.train, config, undefined, 0, 0));
    gradients.push((await runStep(sessions, run.state.begin.prompts, batch, stepOptions)).gradients);
    await run.dispose();
  }
  const [exact, rounded] = gradients;
  return Object.fromEntries(Object.keys(exact).map((name) => [name, cosine(exact[name], rounded[name])]));
}

async function firstBatch(batches: AsyncIterable<TrainingBatch | undefined>): Promise<TrainingBatch> {
  for await (const batch of batches) if (batch !== undefined) return batch;
  throw new Error("the data set has no readable image");
}

/** Context in which the CPU computes in half precision, if that is emulated. */
function contextOf(precision: (typeof precisions)[number]): BackboneContext {
  return flags.emulate && precision === "fp16" ? { allowsSlowHalf: true, rewrite: roundingHalf } : {};
}

function configOf(seed: number, precision: (typeof precisions)[number], more: object) {
  const {
    data,
    dataset,
    backbone,
    provider,
    epochs,
    threads,
    "max-steps": maxSteps,
    "valid-limit": validLimit,
  } = flags;
  const numbers = {
    seed,
    epochs: Number(epochs),
    threads: Number(threads),
    prototypeImages: 64,
    ...(maxSteps && { maxSteps: Number(maxSteps) }),
    ...(validLimit && { validLimit: Number(validLimit) }),
  };
  return trainSchema.config.parse({
    data,
    dataset,
    backbone,
    precision,
    provider,
    out: join(folder, `${seed}-${precision}`),
    ...numbers,
    ...more,
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
