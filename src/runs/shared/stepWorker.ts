/** Step worker: a stateless process that computes micro-batches of another process's training. */
import type { Redis } from "ioredis";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import type { SampleVisit } from "../../data/imageBatch.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { openTrainingImages } from "../../data/trainingImages.node.ts";
import type { Session } from "../../graph/runtime/session.ts";
import { augmentationOf, type BatchOptions, targets } from "../../method/batches.ts";
import { openGraph } from "../../method/classifier.ts";
import { imageGraph } from "../../method/graphs.ts";
import { imageForm, imageInput } from "../../method/imageInput.ts";
import { blended } from "../../method/mixup.ts";
import { microBatchFeeds, type StepOptions } from "../../method/step.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { machine, versions } from "../../platform/package.node.ts";
import type { RunMicroBatch } from "./exchange.ts";
import { decodeFeeds, decodeTask, encodeAnswer, type StepFeeds } from "./messages.ts";
import { decodeOffer, graphHash, type TrainingOffer } from "./offer.ts";
import { isRefusal, unlessAborted, withTimeout } from "./redis.ts";
import { trainingKeys } from "./trainingKeys.ts";

/** Name of the queue's jobs that request a step worker. */
export const stepWorkerJob = "help";

/** Options of a step worker. */
export interface StepWorkerOptions {
  /** opens the runner that an offer describes */
  readonly open: (offer: Uint8Array) => Promise<MicroBatchRunner>;
  readonly onMicroBatch?: (done: number) => void;
  /** stops the worker after the current micro-batch */
  readonly signal?: AbortSignal;
}

/** Computes micro-batches of one training. */
export interface MicroBatchRunner {
  readonly run: RunMicroBatch;
  dispose(): Promise<void>;
}

/** Works for a training until it ends or the signal aborts. Returns the number of computed micro-batches, 0 if the training has ended. */
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

/** Local overrides of an offer's paths and threads. */
export interface StepWorkerPlaces {
  readonly data?: string;
  readonly backbone?: string;
  readonly threads?: number;
}

/**
 * Opens the runner that an offer describes and checks that its results will be bit-identical. Throws RUNTIME for other versions or
 * plugins, WEIGHTS or DATASET for other inputs, and the errors of opening them.
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
  const backbone = await openBackboneIn(config, name, context);
  const source = await openTrainingImages(config, backbone, "train", config.limit, context);
  if (backbone.sha256 !== offer.backbone) throw other("WEIGHTS", "the backbone's weights", name, "--backbone");
  if (hashIndex(source.split) !== offer.index) throw other("DATASET", "the list of training images", data, "--data");
  const { clip } = backbone;
  if (graphHash(clip, microBatch, spec) !== offer.graph) {
    const fix = "start it with the same --plugin files";
    throw new MpaError("RUNTIME", "the training computes something else than this worker would", { fix });
  }
  const input = imageInput(backbone, imageForm(backbone, config.provider, spec));
  const images = await openGraph(backbone, imageGraph(clip, microBatch, spec, input.pixels(microBatch)), config);
  const { form, values: imageValues } = input;
  const options = { microBatch, classes: spec.classes, imageValues, imageInput: form, losses: spec };
  return { run: runMicroBatch({ source, images, options }, config), dispose: () => images.dispose() };
}

/** Dependencies of `runMicroBatch`. */
export interface MicroBatchParts {
  readonly source: ImageSource;
  /** session of `imageGraph` */
  readonly images: Session;
  readonly options: StepOptions;
}

/** Computes micro-batches in this process. Reports unreadable images instead of results, because they change the batch size. */
export function runMicroBatch(
  { source, images, options }: MicroBatchParts,
  config: Pick<BatchOptions, "augment" | "seed">,
): RunMicroBatch {
  const batchOf = async (draws: readonly SampleVisit[], epoch: number) => {
    const form = options.imageInput === "global" ? undefined : options.imageInput;
    const read = await source.read(draws, { augment: augmentationOf(config, epoch), form });
    const { indices, pixels, labels, bad } = read;
    return { size: indices.length, images: pixels, target: targets(source.split, indices), labels, bad };
  };
  return async ({ step, microBatch, epoch, size, draws, mix }, feeds) => {
    const started = performance.now();
    const own = await batchOf(draws, epoch);
    const partners = mix && (await batchOf(mix.partners, epoch));
    const bad = [...own.bad, ...(partners?.bad ?? [])];
    const batch = bad.length === 0 && partners && mix ? blended(own, partners, mix.share) : own;
    const results = bad.length > 0 ? {} : await images.run({ ...feeds, ...microBatchFeeds(batch, size, options) });
    return { step, microBatch, took: performance.now() - started, bad, results };
  };
}

/** Maximum number of consecutive checks, a second apart, that may miss the offer, as after a restart of Redis. */
const maxMisses = 3;

interface Connected {
  readonly redis: Redis;
  readonly blocking: Redis;
  readonly training: string;
  readonly runner: MicroBatchRunner;
}

/** Maximum time that a stopping worker waits for Redis to accept its last answer, milliseconds. */
const lastAnswerTimeout = 2000;

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
    // Skip a task whose step is over or whose feeds are lost.
    if (current?.step !== task.step) continue;
    const answer = encodeAnswer(await runner.run(task, current.feeds));
    // A stopping worker still delivers its finished answer, unless Redis is unreachable.
    const sent = redis.rpush(keys.done, answer);
    await (signal?.aborted ? withTimeout(lastAnswerTimeout, sent) : unlessAborted(sent, signal));
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

/** Requires equal versions, whose results are bit-identical; another processor only causes a notice. Throws RUNTIME. */
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
