/** The queue that hands out work: BullMQ's, which keeps, retries and gives again what a lost worker had. */

import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { z } from "zod";
import { MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { requireNetwork, withoutSecrets } from "../../platform/network.node.ts";
import { loadPackage } from "../../platform/package.node.ts";

/* Connections to a Redis server. Its client is an optional package, loaded where a command is given `--redis`. */

/** Milliseconds between two tries to reach a server again, at most. */
const maxDelay = 2000;

/**
 * Connects; a connection that is lost later is made again for as long as it takes, and what was asked meanwhile is asked then.
 * Throws NETWORK where the server cannot be reached, RUNTIME where the client is not installed.
 */
export async function connectRedis(url: string): Promise<Redis> {
  requireNetwork("--redis");
  const { Redis } = await loadPackage("ioredis", () => import("ioredis"));
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(maxDelay, 50 * 2 ** times),
  });
  // Whoever waits for an answer hears of a failure; the client itself tries again.
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (cause) {
    redis.disconnect();
    const what = `Redis cannot be reached (${messageOf(cause)})`;
    throw new MpaError("NETWORK", what, {
      where: withoutSecrets(url),
      fix: "start redis-server, or correct --redis",
      cause,
    });
  }
}

/** What the promise comes to; `undefined` where it fails or takes longer than so many milliseconds. */
export async function withTimeout<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const late = wait(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    stop.abort();
  }
}

/** Its name, for the programs that people watch BullMQ with. */
export const queueName = "mpa-fer";

/** A piece of work. */
export interface Job {
  readonly name: string;
  /** what decides its result, as a hash: of two with the same one only one is done */
  readonly id: string;
  readonly data: unknown;
}

/**
 * How often a job is tried, and the milliseconds before the second try, which double with each further one: two minutes in all,
 * more than the lock of a lost machine lasts.
 */
const attempts = 8;
const backoff = 1000;

/** Milliseconds that an orderly end may take. */
export const closing = 2000;

export interface JobQueue {
  /** Adds what is not in the queue yet; what failed or was done before is done again. */
  add(jobs: readonly Job[]): Promise<void>;
  /** What a job came to. Throws the error of its last try, or INTERRUPTED when the signal aborts. */
  result(id: string, signal?: AbortSignal): Promise<unknown>;
  /** Takes back what nobody has begun. */
  withdraw(ids: readonly string[]): Promise<void>;
  /** workers that are connected */
  workers(): Promise<number>;
  close(): Promise<void>;
}

/** Throws NETWORK, RUNTIME. */
export async function openQueue(url: string): Promise<JobQueue> {
  const { Queue, QueueEvents } = await loadPackage("bullmq", () => import("bullmq"));
  const redis = await connectRedis(url);
  const queue = new Queue(queueName, { connection: redis });
  const events = new QueueEvents(queueName, { connection: redis });
  // Both connect again by themselves; whoever waits for them goes on waiting.
  queue.on("error", () => undefined);
  events.on("error", () => undefined);
  await events.waitUntilReady();
  const add = async ({ name, id, data }: Job) => {
    const known = await queue.getJob(id);
    const state = await known?.getState();
    if (state === "completed" || state === "failed") await known?.remove();
    const retry = { attempts, backoff: { type: "exponential", delay: backoff } };
    await queue.add(name, data, { jobId: id, ...retry, removeOnComplete: { age: 3600 }, removeOnFail: { age: 86400 } });
  };
  return {
    add: async (jobs) => {
      for (const job of jobs) await add(job);
    },
    result: async (id, signal) => {
      const job = await queue.getJob(id);
      if (job === undefined)
        throw new MpaError("NETWORK", "a job is gone from the queue", { where: id, fix: "give the command again" });
      try {
        return await unlessAborted(job.waitUntilFinished(events), signal);
      } catch (cause) {
        throwIfStopped(signal, "stopped before the work was done");
        throw jobError(cause);
      }
    },
    withdraw: async (ids) => {
      for (const id of ids) await queue.remove(id).catch(() => undefined);
    },
    workers: async () => (await queue.getWorkers()).length,
    close: async () => {
      await withTimeout(closing, Promise.all([events.close(), queue.close()]));
      await events.disconnect();
      redis.disconnect();
    },
  };
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    promise.catch(() => undefined);
  }
}

/** What a job holds. Throws CONFIG, which no other try would mend. */
export function jobData<T>(schema: z.ZodType<T>, data: unknown): T {
  const read = schema.safeParse(data);
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  throw new MpaError("CONFIG", `a job of another version (${path.join(".")}: ${message})`, {
    fix: "update both sides",
  });
}

/** The error that a worker wrote down, which is one line of ours or a failure of its own. */
const jobError = (cause: unknown) =>
  new MpaError("RUNTIME", `a worker failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
    fix: "see its output",
    cause,
  });
