/** The side of a shared training that helps: takes parts, answers them, and forgets them. */
import type { Redis } from "ioredis";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import { openTrainingImages } from "../../data/images.node.ts";
import { openGraph } from "../../method/classifier.ts";
import { imageGraph } from "../../method/graphs.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { machine, versions } from "../../platform/package.node.ts";
import { type RunMicroBatch, trainingKeys } from "./exchange.ts";
import { decodeFeeds, decodeTask, encodeAnswer, type StepFeeds } from "./messages.ts";
import { decodeOffer, graphHash, type TrainingOffer } from "./offer.ts";
import { stepWorker } from "./training.ts";

/** Computes parts of one training. */
export interface PartRunner {
  readonly run: RunMicroBatch;
  dispose(): Promise<void>;
}

export interface StepWorkerOptions {
  /** opens what the training's offer asks for */
  readonly open: (offer: Uint8Array) => Promise<PartRunner>;
  readonly onPart?: (done: number) => void;
  /** stops after the part in work */
  readonly signal?: AbortSignal;
}

/** How often in a row a training may be missing (for a moment, where Redis came back without it), a second apart. */
const maxMisses = 3;

/** Helps a training until it ends or the signal stops it. Gives the number of parts; 0 where it had ended before. */
export async function runStepWorker(redis: Redis, training: string, options: StepWorkerOptions): Promise<number> {
  const offer = await redis.getBuffer(trainingKeys(training).offer);
  if (offer === null) return 0;
  const runner = await options.open(offer);
  const blocking = redis.duplicate();
  blocking.on("error", () => undefined);
  const stop = () => blocking.disconnect();
  options.signal?.addEventListener("abort", stop);
  try {
    return await takeParts({ redis, blocking, training, runner }, options);
  } finally {
    options.signal?.removeEventListener("abort", stop);
    blocking.disconnect();
    await runner.dispose();
  }
}

interface Connected {
  readonly redis: Redis;
  readonly blocking: Redis;
  readonly training: string;
  readonly runner: PartRunner;
}

async function takeParts(
  { redis, blocking, training, runner }: Connected,
  { onPart, signal }: StepWorkerOptions,
): Promise<number> {
  const keys = trainingKeys(training);
  let current: StepFeeds | undefined;
  let parts = 0;
  for (let misses = 0; misses < maxMisses && signal?.aborted !== true; ) {
    const popped = await blocking.blpop(keys.todo, 1).catch((error) => {
      if (signal?.aborted) return null;
      throw new MpaError("NETWORK", "the connection to Redis is closed", { cause: error });
    });
    if (popped === null) {
      if (signal?.aborted) break;
      misses = (await redis.exists(keys.offer)) === 1 ? 0 : misses + 1;
      continue;
    }
    misses = 0;
    const task = decodeTask(popped[1]);
    if (current?.step !== task.step) {
      const bytes = await redis.getBuffer(keys.feeds);
      current = bytes === null ? undefined : decodeFeeds(bytes);
    }
    // Of a step that is over by now, or whose values are lost.
    if (current?.step !== task.step) continue;
    await redis.rpush(keys.done, encodeAnswer(await runner.run(task, current.feeds)));
    parts++;
    onPart?.(parts);
  }
  return parts;
}

/* Helps another process's training: opens what it reads, holds the hashes against its own, and computes parts. */

/** Where things lie on this machine; what is left out lies where the training says. */
export interface HelperPlaces {
  readonly data?: string;
  readonly backbone?: string;
  readonly threads?: number;
}

/** Throws RUNTIME for other versions or plugins, WEIGHTS or DATASET for other inputs, and as opening them does. */
export async function openHelper(bytes: Uint8Array, places: HelperPlaces, context: RunContext): Promise<PartRunner> {
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
  return { run: stepWorker({ source, images, options }, config), dispose: () => images.dispose() };
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
