/** The other end of the queue: takes one job after another until it is told to stop or has been idle for long enough. */
import { setTimeout as wait } from "node:timers/promises";
import type { Job as QueuedJob } from "bullmq";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { loadPackage } from "../../platform/package.node.ts";
import { closing, queueName } from "./queue.ts";
import { connectRedis, isLasting, isRefusal, redisFailure, withTimeout } from "./redis.ts";

/** A job whose worker does not say for so many milliseconds that it is at work is given to another one. */
const lock = 20_000;
/** How often that may happen to a job; one that is taken up by its next holder loses nothing. */
const maxLosses = 20;

export type Handlers = Readonly<Record<string, (data: unknown) => Promise<unknown>>>;

/** Tries at jobs, by their end. */
export interface JobCounts {
  readonly done: number;
  readonly failed: number;
  /** stopped by the signal, for another worker to take up */
  readonly handedBack: number;
}

export interface ConsumerOptions {
  /** stops after the job in work, which its handler cuts short */
  readonly signal?: AbortSignal;
  /** milliseconds without work after which it ends */
  readonly idle: number;
  onReady?(): void;
  onStart?(name: string): void;
  onDone?(name: string, result: unknown): void;
  onFailed?(name: string, message: string): void;
  /** Redis refuses something that may pass; once for each reason */
  onRefused?(message: string): void;
}

/** Throws NETWORK where Redis cannot be reached in the first place or refuses for good, ACCESS, USAGE, RUNTIME. Gives what became of the jobs. */
export async function consume(
  url: string,
  handlers: Handlers,
  { signal, idle, ...hear }: ConsumerOptions,
): Promise<JobCounts> {
  const { Worker, UnrecoverableError } = await loadPackage("bullmq", () => import("bullmq"));
  const redis = await connectRedis(url);
  let [done, failed, handedBack, working, since] = [0, 0, 0, 0, performance.now()];
  const handle = async ({ name, data }: QueuedJob): Promise<unknown> => {
    working++;
    hear.onStart?.(name);
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new MpaError("RUNTIME", `this version knows no job ${name}`);
      const result = await handler(data);
      done++;
      hear.onDone?.(name, result);
      return result;
    } catch (error) {
      if (signal?.aborted) handedBack++;
      else failed++;
      hear.onFailed?.(name, messageOf(error));
      throw isFinal(error) ? new UnrecoverableError(messageOf(error)) : error;
    } finally {
      working--;
      since = performance.now();
    }
  };
  const settings = { lockDuration: lock, stalledInterval: lock / 2, maxStalledCount: maxLosses };
  const worker = new Worker(queueName, handle, { connection: redis, ...settings });
  let refused: MpaError | undefined;
  const told = new Set<string>();
  // It connects again by itself; but what the server refuses has to be known.
  worker.on("error", (error) => {
    if (!isRefusal(error)) return;
    const failure = redisFailure(error, url);
    if (isLasting(error)) refused ??= failure;
    else if (!told.has(failure.message)) hear.onRefused?.(failure.message);
    told.add(failure.message);
  });
  try {
    await worker.waitUntilReady();
    hear.onReady?.();
    while (signal?.aborted !== true && refused === undefined && (working > 0 || performance.now() - since < idle)) {
      await wait(Math.min(idle, 500), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await settled(() => working === 0);
    // An orderly end waits for Redis, which may be gone; whatever comes of that, the timers of the queue have to end.
    await withTimeout(closing, worker.pause());
    await withTimeout(closing, worker.close(true));
    await withTimeout(closing, worker.disconnect());
    redis.disconnect();
  }
  if (refused !== undefined) throw refused;
  return { done, failed, handedBack };
}

async function settled(isOver: () => boolean): Promise<void> {
  while (!isOver()) await wait(50);
}

/** Wrong input is as wrong at the next try; but what is not there may be there on another machine. */
const isFinal = (error: unknown): boolean =>
  error instanceof MpaError && error.exitCode === 2 && error.code !== "NOT_FOUND";
