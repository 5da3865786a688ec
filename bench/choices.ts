/** Benchmark of each optimisation in docs/performance.md on its own; the alternatives alternate. */

import { openBackboneIn } from "../src/clip/backbone.node.ts";
import { formulaValues } from "../src/clip/random.node.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { linear, reduceSum } from "../src/graph/ops/index.ts";
import { openSession } from "../src/graph/runtime/session.node.ts";
import { constant, input } from "../src/graph/tensor.ts";
import { benchSchema } from "../src/runs/bench/options.ts";
import { type TimedWork, trainingWork } from "../src/runs/bench/work.ts";
import type { Precision } from "./peers.ts";
import { median } from "./statistics.ts";

interface Work {
  readonly backbone: string;
  readonly threads: number;
}

const batch = 32;

const batchOf = ({ backbone, threads }: Work, precision: Precision) =>
  benchSchema.config.parse({ backbone, threads, precision, hardPrompt: 2, batchSize: batch });

/** Seconds of a batch of 32 for each micro-batch size, in single precision. */
export async function partSizes(work: Work, sizes: readonly number[]) {
  const config = batchOf(work, "fp32");
  const backbone = await openBackboneIn({ precision: "fp32" }, work.backbone, {});
  const works = [];
  for (const microBatch of sizes) works.push(await trainingWork(backbone, config, { microBatch }));
  return { batch, seconds: bySubject(sizes, await inTurns(works)) };
}

/** Seconds of a batch of 32 on one session with all threads and on two that share them. */
export async function sessionCounts(work: Work, precisions: readonly Precision[]) {
  const counts = [1, 2];
  const seconds: Record<string, Readonly<Record<string, number>>> = {};
  for (const precision of precisions) {
    const config = batchOf(work, precision);
    const backbone = await openBackboneIn({ precision }, work.backbone, {});
    const works = [];
    for (const poolSize of counts) works.push(await trainingWork(backbone, config, { poolSize }));
    seconds[precision] = bySubject(counts, await inTurns(works));
  }
  return { batch, seconds };
}

/** GFLOP/s of a single-threaded `Gemm` of ViT-B/16's rows (four images) with a frozen weight [768, width], by width. */
export async function productRates(widths: readonly number[]): Promise<Readonly<Record<string, number>>> {
  const [rows, columns] = [788, 768];
  const works: TimedWork[] = [];
  for (const width of widths) {
    const weight = constant(formulaValues("weight", columns * width, 0, 0.02), [columns, width]);
    const product = linear(input("x", [rows, width]), weight);
    const session = await openSession(toOnnx({ sum: reduceSum(product, [0, 1]) }), { threads: 1 });
    const x = formulaValues("rows", rows * width, 0, 1);
    works.push({ step: async () => ({ sum: Number((await session.run({ x })).sum[0]) }), dispose: session.dispose });
  }
  const seconds = await inTurns(works, 9);
  const rates = seconds.map((each, i) => (2 * rows * columns * widths[i]) / each / 1e9);
  return bySubject(widths, rates);
}

const bySubject = (subjects: readonly number[], values: readonly number[]): Readonly<Record<string, number>> =>
  Object.fromEntries(subjects.map((subject, i) => [subject, values[i]]));

/** Median seconds of a step of each work; disposes of the works. */
async function inTurns(works: readonly TimedWork[], turns = 3): Promise<readonly number[]> {
  const times: number[][] = works.map(() => []);
  for (let turn = 0; turn <= turns; turn++) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      await work.step();
      // The first step allocates memory that later ones reuse.
      if (turn > 0) times[i].push((performance.now() - start) / 1000);
    }
  }
  for (const work of works) await work.dispose();
  return times.map(median);
}
