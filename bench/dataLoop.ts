/** Benchmark of the data pipeline: training steps that read, decode and augment against steps on a fixed batch. */
import { join } from "node:path";
import { drawDataset } from "../src/apps/demo/dataset.ts";
import { trainingBatches } from "../src/method/batches.ts";
import { runStep } from "../src/method/step.ts";
import { trainSchema } from "../src/runs/options.ts";
import { openRun } from "../src/runs/train/openRun.ts";
import { median } from "./statistics.ts";

export interface DataLoop {
  readonly backbone: string;
  readonly batch: number;
  readonly steps: number;
  readonly step_s: number;
  readonly step_with_data_s: number;
  /** step rate with data over the rate without, the median over adjacent pairs */
  readonly share: number;
  readonly bar: number;
}

export async function dataLoop(
  backbone: string,
  batch: number,
  threads: number,
  steps: number,
  folder: string,
): Promise<DataLoop> {
  const data = join(folder, "faces");
  await drawDataset({ out: data, seed: 1, facesPerClass: { train: batch, valid: 1, test: 1 }, size: 256 });
  const given = {
    data,
    dataset: "folder",
    backbone,
    batchSize: batch,
    threads,
    hardPrompt: 2,
    out: join(folder, "run"),
  };
  const config = trainSchema.config.parse({ ...given, prototypeImages: 1 });
  const run = await openRun(config, {});
  const times: (readonly [number, number])[] = [];
  try {
    const { sessions, stepOptions } = run.sessions.training;
    const { prompts } = run.state.begin;
    for (let epoch = 0; times.length < steps + 1; epoch++) {
      const batches = trainingBatches(run.inputs.train, config, undefined, epoch, 0)[Symbol.asyncIterator]();
      for (;;) {
        const start = performance.now();
        const { value, done } = await batches.next();
        if (done || value === undefined || times.length > steps) break;
        await runStep(sessions, prompts, value, stepOptions);
        const middle = performance.now();
        await runStep(sessions, prompts, value, stepOptions);
        times.push([middle - start, performance.now() - middle]);
      }
    }
  } finally {
    await run.dispose();
  }
  // The first step allocates memory that later ones reuse.
  const counted = times.slice(1);
  const [withData, without] = [0, 1].map((side) => median(counted.map((pair) => pair[side])) / 1000);
  const share = median(counted.map(([a, b]) => b / a));
  return { backbone, batch, steps: counted.length, step_s: without, step_with_data_s: withData, share, bar: 0.95 };
}
