/** `bench`: measures the throughput of training and prediction on this machine, in images per second. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import { adapterOf } from "../../graph/runtime/adapter.node.ts";
import type { NodeCounts } from "../../graph/runtime/failures.ts";
import { isProcessor } from "../../graph/target.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { batchWork } from "./batchWork.ts";
import type { BenchConfig } from "./options.ts";
import { measureWithReport } from "./report.ts";
import { hostTime, predictionWork, type TimedWork, trainingWork } from "./work.ts";

/** Time of a training step by operator and by encoder, from ONNX Runtime's profiler (`bench --profile`). */
export interface TrainingProfile {
  /** milliseconds per step in the runtime's operators */
  readonly image_tower_ms: number;
  readonly text_tower_ms: number;
  /** the text encoder's share of the sum of both */
  readonly text_share: number;
  /** operators of both encoders, the longest first */
  readonly operators: readonly { readonly name: string; readonly calls: number; readonly ms: number }[];
}

/**
 * Profiles `config.steps` training steps in micro-batches, so that each encoder runs in its own session. The loss counts towards the image
 * encoder.
 */
export async function profileTraining(backbone: Backbone, config: BenchConfig): Promise<TrainingProfile> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-profile-"));
  try {
    const work = await trainingWork(backbone, config, { profilePrefix: join(folder, "part-") });
    for (let step = 0; step < config.steps; step++) await work.step();
    await work.dispose();
    return await readProfile(folder, config.steps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measured rates, step times and memory. Fields of work that `--work` leaves out are absent. */
export interface BenchResult {
  readonly train_images_per_s?: number;
  readonly predict_images_per_s?: number;
  readonly precision: string;
  readonly provider: string;
  /** name of the graphics adapter, as far as it can be found out; absent on the processor, as is `nodes` */
  readonly adapter?: string;
  /** nodes of the graphs of training and of prediction by provider */
  readonly nodes?: Readonly<Record<string, NodeCounts | undefined>>;
  readonly threads: number;
  readonly batch: number;
  readonly backbone: string;
  /** peak resident memory of this process, MiB */
  readonly rss_mb: number;
  /** milliseconds of each timed step; the rates use their median */
  readonly train_step_ms?: readonly number[];
  readonly predict_step_ms?: readonly number[];
  readonly micro_batch?: number;
  /** processor time that the thread which feeds a training takes for an image (`hostTime`), milliseconds */
  readonly host_ms_per_image?: number;
  /** losses of the last step, for comparison with other implementations of the same work */
  readonly losses?: Readonly<Record<string, number>>;
  /** @internal with `--profile` */
  readonly profile?: TrainingProfile;
}

/** Receives the seconds that the steps of one kind of work will take, once the first has been timed. */
export type SecondsListener = (work: "train" | "predict", seconds: number) => void;

/** Times training steps and predictions on images in memory, and writes the report that is asked for. */
export async function bench(
  config: BenchConfig,
  context: RunContext = {},
  onSeconds: SecondsListener = () => undefined,
): Promise<BenchResult> {
  const { report } = config;
  if (report === undefined) return measure(config, context, onSeconds);
  return measureWithReport(
    report,
    () => batchWork(config, context),
    () => measure(config, context, onSeconds),
  );
}

async function measure(config: BenchConfig, context: RunContext, onSeconds: SecondsListener): Promise<BenchResult> {
  const { progress, signal } = contextOf(context);
  const backbone = await openBackboneIn(config, config.backbone, context);
  const [trains, predicts] = [config.work !== "predict", config.work !== "train"];
  const total = (Number(trains) + Number(predicts)) * (config.steps + 1);
  const task = progress.start({ label: "bench", total, unit: "steps" });
  let done = 0;
  const time = async (name: "train" | "predict", work: TimedWork) => {
    const times: number[] = [];
    let losses: Readonly<Record<string, number>> = {};
    for (let i = 0; i <= config.steps && !signal?.aborted; i++) {
      const start = performance.now();
      losses = await work.step();
      const took = performance.now() - start;
      // The first step also allocates memory, so it is a warm-up.
      if (i > 0) times.push(took);
      else onSeconds(name, (config.steps * took) / 1000);
      task.update(++done);
    }
    await work.dispose();
    return { times, losses };
  };
  const isCounted = { countsNodes: !isProcessor(config.provider) };
  // Before any session is open, whose threads would be counted.
  const host = trains ? await hostTime(backbone, config) : undefined;
  const training = trains ? await trainingWork(backbone, config, isCounted) : undefined;
  const trained = training && (await time("train", training));
  const prediction = predicts ? await predictionWork(backbone, config, isCounted) : undefined;
  const predicted = prediction && (await time("predict", prediction));
  const adapter = await adapterOf(config.provider);
  task.finish();
  return {
    ...(trained && { train_images_per_s: rate(config.batchSize, trained.times), train_step_ms: trained.times }),
    ...(predicted && {
      predict_images_per_s: rate(config.batchSize, predicted.times),
      predict_step_ms: predicted.times,
    }),
    precision: config.precision,
    provider: config.provider,
    ...(adapter !== undefined && {
      adapter,
      nodes: { ...(training && { train: training.nodes?.() }), ...(prediction && { predict: prediction.nodes?.() }) },
    }),
    threads: config.threads,
    batch: config.batchSize,
    backbone: config.backbone,
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    ...(training && { micro_batch: training.microBatch, losses: trained?.losses, host_ms_per_image: host }),
    ...(config.profile && {
      profile: await profileTraining(backbone, { ...config, steps: Math.min(3, config.steps) }),
    }),
  };
}

const eventsSchema = z.array(
  z.object({
    cat: z.string().optional(),
    name: z.string(),
    dur: z.number().default(0),
    args: z.object({ op_name: z.string().optional() }).default({}),
  }),
);

async function readProfile(folder: string, steps: number): Promise<TrainingProfile> {
  const towers = { image: 0, text: 0 };
  const operators = new Map<string, { calls: number; ms: number }>();
  const files = await readdir(folder);
  // Sessions that run in parallel overlap in time, so their sum is divided by their number.
  const poolSize = Math.max(1, files.filter((name) => name.startsWith("part-images")).length);
  for (const name of files) {
    const tower = name.startsWith("part-images") ? "image" : "text";
    for (const { cat, name: event, dur, args } of eventsSchema.parse(
      JSON.parse(await readFile(join(folder, name), "utf8")),
    )) {
      if (cat !== "Node" || !event.endsWith("_kernel_time") || args.op_name === undefined) continue;
      const share = tower === "image" ? steps * poolSize : steps;
      const ms = dur / 1000 / share;
      towers[tower] += ms;
      const { calls, ms: total } = operators.get(args.op_name) ?? { calls: 0, ms: 0 };
      operators.set(args.op_name, { calls: calls + 1 / steps, ms: total + ms });
    }
  }
  return {
    image_tower_ms: towers.image,
    text_tower_ms: towers.text,
    text_share: towers.text / (towers.image + towers.text),
    operators: [...operators].map(([name, each]) => ({ name, ...each })).sort((a, b) => b.ms - a.ms),
  };
}

function rate(images: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle - 0.5)] + sorted[Math.floor(middle)]) / 2;
  return (1000 * images) / median;
}
