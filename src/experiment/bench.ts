/** `bench`: images a second of training and prediction on this machine (CONTRACT.md, Answers). */
import type { BenchConfig } from "../config.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { predictionWork, type TimedWork, trainingWork } from "./benchWork.ts";
import { openBackboneIn } from "./precision.ts";
import { profileTraining, type TrainingProfile } from "./profile.ts";

/** Rates, times and memory of one kind of work on this machine. */
export interface BenchResult {
  /** absent where it was not asked for (`--work`), as what belongs to it */
  readonly train_images_per_s?: number;
  readonly predict_images_per_s?: number;
  readonly precision: string;
  readonly provider: string;
  readonly threads: number;
  readonly batch: number;
  readonly backbone: string;
  /** peak resident memory of this process */
  readonly rss_mb: number;
  /** milliseconds of each timed step, whose median the rates come from */
  readonly train_step_ms?: readonly number[];
  readonly predict_step_ms?: readonly number[];
  readonly micro_batch?: number;
  /** of the last step, so that other programs can be held against the same work */
  readonly losses?: Readonly<Record<string, number>>;
  /** with `--profile` */
  readonly profile?: TrainingProfile;
}

/** Measures training steps and prediction on images that stay in memory; the rates come from the median step. */
export async function bench(config: BenchConfig, context: RunContext = {}): Promise<BenchResult> {
  const { progress = silent, signal } = context;
  const backbone = await openBackboneIn(config.precision, config.backbone, context);
  const [trains, predicts] = [config.work !== "predict", config.work !== "train"];
  const total = (Number(trains) + Number(predicts)) * (config.steps + 1);
  const task = progress.start({ label: "bench", total, unit: "steps" });
  let done = 0;
  const time = async (work: TimedWork) => {
    const times: number[] = [];
    let losses: Readonly<Record<string, number>> = {};
    for (let i = 0; i <= config.steps && !signal?.aborted; i++) {
      const start = performance.now();
      losses = await work.step();
      // The first step pays for memory that later ones find there.
      if (i > 0) times.push(performance.now() - start);
      task.update(++done);
    }
    await work.dispose();
    return { times, losses };
  };
  const training = trains ? await trainingWork(backbone, config) : undefined;
  const trained = training && (await time(training));
  const predicted = predicts ? await time(await predictionWork(backbone, config)) : undefined;
  task.finish();
  return {
    ...(trained && { train_images_per_s: rate(config.batchSize, trained.times), train_step_ms: trained.times }),
    ...(predicted && {
      predict_images_per_s: rate(config.batchSize, predicted.times),
      predict_step_ms: predicted.times,
    }),
    precision: config.precision,
    provider: config.provider,
    threads: config.threads,
    batch: config.batchSize,
    backbone: config.backbone,
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    ...(training && { micro_batch: training.microBatch, losses: trained?.losses }),
    ...(config.profile && {
      profile: await profileTraining(backbone, { ...config, steps: Math.min(3, config.steps) }),
    }),
  };
}

function rate(images: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle - 0.5)] + sorted[Math.floor(middle)]) / 2;
  return (1000 * images) / median;
}
