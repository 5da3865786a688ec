/** Consumer of the job queue: runs one job at a time until it is stopped or idle for too long. */
import { setTimeout as wait } from "node:timers/promises";
import type { Job as QueuedJob } from "bullmq";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { loadPackage } from "../../platform/package.node.ts";
import { closing, queueName } from "./queue.ts";
import { connectRedis, isLasting, isRefusal, redisFailure, withTimeout } from "./redis.ts";

/** Milliseconds after which a job whose worker stopped renewing its lock goes to another worker. */
const lock = 20_000;
/** Maximum number of times a job may lose its worker; the next worker resumes it. */
const maxLosses = 20;

/** Job handlers by job name. */
export type Handlers = Readonly<Record<string, (data: unknown) => Promise<unknown>>>;

/** Numbers of attempted jobs, by outcome. */
export interface JobCounts {
  readonly done: number;
  readonly failed: number;
  /** interrupted by the signal, to be retried by another worker */
  readonly handedBack: number;
}

/** Options and listeners of a consumer. */
export interface ConsumerOptions {
  /** stops the consumer after the current job, which its handler interrupts */
  readonly signal?: AbortSignal;
  /** milliseconds without work after which the consumer ends */
  readonly idle: number;
  onReady?(): void;
  onStart?(name: string): void;
  onDone?(name: string, result: unknown): void;
  onFailed?(name: string, message: string): void;
  /** Called once per reason when Redis refuses a command temporarily. */
  onRefused?(message: string): void;
}

/**
 * Consumes jobs and returns their numbers by outcome. Throws NETWORK if Redis cannot be reached at first or refuses permanently, and the
 * errors of `connectRedis`.
 */
export async function consume(
  url: string,
  handlers: Handlers,
  { signal, idle, ...listeners }: ConsumerOptions,
): Promise<JobCounts> {
  const { Worker, UnrecoverableError } = await loadPackage("bullmq", () => import("bullmq"));
  const redis = await connectRedis(url);
  let [done, failed, handedBack, working, since] = [0, 0, 0, 0, performance.now()];
  const handle = async ({ name, data }: QueuedJob): Promise<unknown> => {
    working++;
    listeners.onStart?.(name);
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new MpaError("RUNTIME", `this version knows no job ${name}`);
      const result = await handler(data);
      done++;
      listeners.onDone?.(name, result);
      return result;
    } catch (error) {
      if (signal?.aborted) handedBack++;
      else failed++;
      listeners.onFailed?.(name, messageOf(error));
      throw isFinal(error) ? new UnrecoverableError(messageOf(error)) : error;
    } finally {
      working--;
      since = performance.now();
    }
  };
  const settings = { lockDuration: lock, stalledInterval: lock / 2, maxStalledCount: maxLosses };
  const worker = new Worker(queueName, handle, { connection: redis, ...settings });
  let refused: MpaError | undefined;
  const reported = new Set<string>();
  // The worker reconnects by itself, so only refusals of the server are handled.
  worker.on("error", (error) => {
    if (!isRefusal(error)) return;
    const failure = redisFailure(error, url);
    if (isLasting(error)) refused ??= failure;
    else if (!reported.has(failure.message)) listeners.onRefused?.(failure.message);
    reported.add(failure.message);
  });
  try {
    await worker.waitUntilReady();
    listeners.onReady?.();
    while (signal?.aborted !== true && refused === undefined && (working > 0 || performance.now() - since < idle)) {
      await wait(Math.min(idle, 500), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await settled(() => working === 0);
    // Closing waits for Redis, which may be unreachable, so each call is limited; all are needed to clear the queue's timers.
    await withTimeout(closing, worker.pause());
    await withTimeout(closing, worker.close(true));
    await withTimeout(closing, worker.disconnect());
    redis.disconnect();
  }
  if (refused !== undefined) throw refused;
  return { done, failed, handedBack };
}

async function settled(isIdle: () => boolean): Promise<void> {
  while (!isIdle()) await wait(50);
}

/** Whether retrying is pointless: invalid input stays invalid, but a missing file may exist on another machine. */
const isFinal = (error: unknown): boolean =>
  error instanceof MpaError && error.exitCode === 2 && error.code !== "NOT_FOUND";
