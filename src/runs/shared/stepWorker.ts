/** A step worker: computes micro-batches of another process's training, and holds nothing that the training depends on. */
import type { Redis } from "ioredis";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import { type ImageSource, openTrainingImages } from "../../data/images.node.ts";
import type { Session } from "../../graph/runtime/session.ts";
import { augmentationOf, type BatchOptions, targets } from "../../method/batches.ts";
import { openGraph } from "../../method/classifier.ts";
import { imageGraph } from "../../method/graphs.ts";
import { microBatchFeeds, type StepOptions } from "../../method/step.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { machine, versions } from "../../platform/package.node.ts";
import { type RunMicroBatch, trainingKeys } from "./exchange.ts";
import { decodeFeeds, decodeTask, encodeAnswer, type StepFeeds } from "./messages.ts";
import { decodeOffer, graphHash, type TrainingOffer } from "./offer.ts";
import { isRefusal, unlessAborted, withTimeout } from "./redis.ts";

/** The name of the jobs that ask for a step worker. */
export const stepWorkerJob = "help";

export interface StepWorkerOptions {
  /** opens what the training's offer asks for */
  readonly open: (offer: Uint8Array) => Promise<MicroBatchRunner>;
  readonly onMicroBatch?: (done: number) => void;
  /** stops after the micro-batch in work */
  readonly signal?: AbortSignal;
}

/** Computes micro-batches of one training. */
export interface MicroBatchRunner {
  readonly run: RunMicroBatch;
  dispose(): Promise<void>;
}

/** Works for a training until it ends or the signal stops it. Gives the number of micro-batches; 0 where it had ended before. */
export async function runStepWorker(redis: Redis, training: string, options: StepWorkerOptions): Promise<number> {
  const offer = await redis.getBuffer(trainingKeys(training).offer);
  if (offer === null) return 0;
  const runner = await options.open(offer);
  const blocking = redis.duplicate();
  blocking.on("error", () => undefined);
  const stop = () => blocking.disconnect();
  options.signal?.addEventListener("abort", stop);
  try {
    return await takeMicroBatches({ redis, blocking, training, runner }, options);
  } finally {
    options.signal?.removeEventListener("abort", stop);
    blocking.disconnect();
    await runner.dispose();
  }
}

/** Where things lie on this machine; what is left out lies where the training says. */
export interface StepWorkerPlaces {
  readonly data?: string;
  readonly backbone?: string;
  readonly threads?: number;
}

/**
 * Opens what an offer asks for and checks that it comes to the same bits. Throws RUNTIME for other versions or plugins,
 * WEIGHTS or DATASET for other inputs, and as opening them does.
 */
export async function openMicroBatchRunner(
  bytes: Uint8Array,
  places: StepWorkerPlaces,
  context: RunContext,
): Promise<MicroBatchRunner> {
  const offer = decodeOffer(bytes);
  checkVersions(offer, context);
  const { spec, microBatch, config: theirs } = offer;
  const { data = theirs.data, backbone: name = theirs.backbone, threads = theirs.threads } = places;
  const config = { ...theirs, data, backbone: name, threads };
  const backbone = await openBackboneIn(config.precision, name, context);
  const source = await openTrainingImages(config, backbone, "train", config.limit, context);
  if (backbone.sha256 !== offer.backbone) throw other("WEIGHTS", "the backbone's weights", name, "--backbone");
  if (hashIndex(source.split) !== offer.index) throw other("DATASET", "the list of training images", data, "--data");
  const { clip } = backbone;
  if (graphHash(clip, microBatch, spec) !== offer.graph) {
    const fix = "start it with the same --plugin files";
    throw new MpaError("RUNTIME", "the training computes something else than this worker would", { fix });
  }
  const images = await openGraph(backbone, imageGraph(clip, microBatch, spec), config);
  const imageValues = 3 * clip.config.vision.imageSize ** 2;
  const options = { microBatch, classes: spec.classes, imageValues, imageInput: "pixels", losses: spec } as const;
  return { run: runMicroBatch({ source, images, options }, config), dispose: () => images.dispose() };
}

export interface MicroBatchParts {
  readonly source: ImageSource;
  /** of `imageGraph` */
  readonly images: Session;
  readonly options: StepOptions;
}

/** Computes a micro-batch here. An unreadable image makes the batch smaller, so it is reported instead of any results. */
export function runMicroBatch(
  { source, images, options }: MicroBatchParts,
  config: Pick<BatchOptions, "augment" | "seed">,
): RunMicroBatch {
  return async ({ step, part, epoch, size, draws }, feeds) => {
    const started = performance.now();
    const read = await source.read(draws, augmentationOf(config, epoch));
    const { indices, pixels, labels, bad } = read;
    const batch = { size: indices.length, images: pixels, target: targets(source.split, indices), labels };
    const results = bad.length > 0 ? {} : await images.run({ ...feeds, ...microBatchFeeds(batch, size, options) });
    return { step, part, took: performance.now() - started, bad: [...bad], results };
  };
}

/** How often in a row a training may be missing (for a moment, where Redis came back without it), a second apart. */
const maxMisses = 3;

interface Connected {
  readonly redis: Redis;
  readonly blocking: Redis;
  readonly training: string;
  readonly runner: MicroBatchRunner;
}

/** Milliseconds that a worker which was told to stop waits for Redis to take its last answer. */
const maxGoodbye = 2000;

async function takeMicroBatches(
  { redis, blocking, training, runner }: Connected,
  { onMicroBatch, signal }: StepWorkerOptions,
): Promise<number> {
  const keys = trainingKeys(training);
  let current: StepFeeds | undefined;
  let done = 0;
  for (let misses = 0; misses < maxMisses && signal?.aborted !== true; ) {
    const popped = await unlessAborted(blocking.blpop(keys.todo, 1), signal).catch((error) => {
      if (signal?.aborted) return null;
      if (isRefusal(error)) throw error;
      throw new MpaError("NETWORK", "the connection to Redis is closed", { cause: error });
    });
    if (popped === null) {
      if (signal?.aborted) break;
      misses = (await unlessAborted(redis.exists(keys.offer), signal)) === 1 ? 0 : misses + 1;
      continue;
    }
    misses = 0;
    const task = decodeTask(popped[1]);
    if (current?.step !== task.step) {
      const bytes = await unlessAborted(redis.getBuffer(keys.feeds), signal);
      current = bytes === null ? undefined : decodeFeeds(bytes);
    }
    // Of a step that is over by now, or whose values are lost.
    if (current?.step !== task.step) continue;
    const answer = encodeAnswer(await runner.run(task, current.feeds));
    // An answer that is done is delivered also by a worker that was told to stop, unless Redis is gone.
    const sent = redis.rpush(keys.done, answer);
    await (signal?.aborted ? withTimeout(maxGoodbye, sent) : unlessAborted(sent, signal));
    done++;
    onMicroBatch?.(done);
  }
  return done;
}

const other = (code: "WEIGHTS" | "DATASET", what: string, where: string, option: string) =>
  new MpaError(code, `${what} differ from those of the training that asks for help`, {
    where,
    fix: `correct ${option}`,
  });

/** Another version may come to other bits; so may another processor, but that is for whoever started it to judge. */
function checkVersions({ versions: theirs, processor }: TrainingOffer, context: RunContext): void {
  const { notice } = contextOf(context);
  const own = versions();
  for (const name of ["mpa-fer", "onnxruntime-node"]) {
    if (own[name] === theirs[name]) continue;
    const what = `${name} is ${own[name]} here and ${theirs[name] ?? "unknown"} where the training runs`;
    throw new MpaError("RUNTIME", what, { fix: "use one version everywhere" });
  }
  if (machine().processor !== processor)
    notice(`this processor is not the training's, ${processor}; the bits may differ`);
}
