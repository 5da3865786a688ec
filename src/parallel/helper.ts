/** The side of a shared training that helps: takes parts, answers them, and forgets them. */
import type { Redis } from "ioredis";
import { MpaError } from "../errors.ts";
import type { RunPart } from "./exchange.ts";
import { trainingKeys } from "./keys.ts";
import { decodeFeeds, decodeTask, encodeAnswer, type StepFeeds } from "./messages.ts";

/** Computes parts of one training. */
export interface PartRunner {
  readonly run: RunPart;
  dispose(): Promise<void>;
}

export interface HelpOptions {
  /** opens what the training's offer asks for */
  readonly open: (offer: Uint8Array) => Promise<PartRunner>;
  readonly onPart?: (done: number) => void;
  /** stops after the part in work */
  readonly signal?: AbortSignal;
}

/** How often in a row a training may be missing (for a moment, where Redis came back without it), a second apart. */
const mostMisses = 3;

/** Helps a training until it ends or the signal stops it. Gives the number of parts; 0 where it had ended before. */
export async function helpTraining(redis: Redis, training: string, options: HelpOptions): Promise<number> {
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
  { onPart, signal }: HelpOptions,
): Promise<number> {
  const keys = trainingKeys(training);
  let current: StepFeeds | undefined;
  let parts = 0;
  for (let misses = 0; misses < mostMisses && signal?.aborted !== true; ) {
    const popped = await blocking.blpop(keys.todo, 1).catch((error) => {
      if (signal?.aborted) return null;
      throw new MpaError("NETWORK", "the connection to Redis is closed", undefined, undefined, { cause: error });
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
    onPart?.(++parts);
  }
  return parts;
}
