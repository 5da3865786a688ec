/** Job queue on BullMQ, which stores jobs, retries failed ones and reassigns those of lost workers. */
import { setTimeout as wait } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { MpaError, throwIfStopped } from "../../platform/errors.ts";
import { withoutSecrets } from "../../platform/network.node.ts";
import { loadPackage } from "../../platform/package.node.ts";
import type { Job } from "./job.ts";
import { connectRedis, redisFailure, unlessAborted, within, withTimeout } from "./redis.ts";

/** Name of the queue in BullMQ. */
export const queueName = "mpa-fer";

/** Timeout of closing a connection, milliseconds. */
export const closing = 2000;

/** A queue of jobs for workers. */
export interface JobQueue {
  /** Adds jobs that are not in the queue yet; completed and failed ones are added again. */
  add(jobs: readonly Job[]): Promise<void>;
  /**
   * Waits for a job and returns its result, or `undefined` if `isDone` found the result elsewhere. Adds jobs again that the queue has
   * lost. Throws RUNTIME if the job's last attempt failed, INTERRUPTED when the signal aborts, and ACCESS or NETWORK if Redis refuses.
   */
  result(id: string, signal?: AbortSignal): Promise<unknown>;
  /** Adds jobs again that the queue has lost, where nobody waits for their results. Throws as `result` does if Redis refuses. */
  restore(): Promise<void>;
  /** Removes jobs that no worker has started. */
  withdraw(ids: readonly string[]): Promise<void>;
  /** Returns the number of connected workers. */
  workers(): Promise<number>;
  close(): Promise<void>;
}

/** Options of a queue. */
export interface QueueOptions {
  /** receives notices that Redis is unresponsive or has lost jobs */
  readonly notice?: (line: string) => void;
  /** whether a job's result already exists, regardless of the queue's state */
  readonly isDone?: (job: Job) => Promise<boolean>;
}

/** Opens the queue. Throws the errors of `connectRedis`. */
export async function openQueue(url: string, options: QueueOptions = {}): Promise<JobQueue> {
  const { Queue } = await loadPackage("bullmq", () => import("bullmq"));
  const redis = await connectRedis(url);
  const queue = new Queue(queueName, { connection: redis });
  // The client reconnects by itself, and commands report their own errors.
  queue.on("error", () => undefined);
  return new RedisQueue(url, redis, queue, options);
}

class RedisQueue implements JobQueue {
  readonly #url: string;
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #notice: (line: string) => void;
  readonly #isDone: (job: Job) => Promise<boolean>;
  /** jobs that were added and have no result yet */
  readonly #open = new Map<string, Job>();
  #adding: Promise<void> | undefined;
  #isSilent = false;

  constructor(
    url: string,
    redis: Redis,
    queue: Queue,
    { notice = () => undefined, isDone = async () => false }: QueueOptions,
  ) {
    this.#url = url;
    this.#redis = redis;
    this.#queue = queue;
    this.#notice = notice;
    this.#isDone = isDone;
  }

  async add(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) this.#open.set(job.id, job);
    for (const job of jobs) await this.#ask(() => this.#put(job, ["completed", "failed", "unknown"]));
  }

  async result(id: string, signal?: AbortSignal): Promise<unknown> {
    const job = this.#open.get(id);
    if (job === undefined) throw new MpaError("INTERNAL", "a job's result is asked for before it was added");
    for (;;) {
      throwIfStopped(signal, "stopped before the work was done");
      const seen = await unlessAborted(this.#look(job), signal);
      if (seen !== undefined) {
        this.#open.delete(id);
        return seen.value;
      }
      await wait(interval, undefined, { signal }).catch(() => undefined);
    }
  }

  async restore(): Promise<void> {
    await this.#addAgain();
  }

  async withdraw(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#open.delete(id);
    // An unreachable Redis must not delay the caller.
    await withTimeout(closing, Promise.all(ids.map((id) => this.#queue.remove(id).catch(() => undefined))));
  }

  workers(): Promise<number> {
    return this.#ask(async () => (await this.#queue.getWorkers()).length);
  }

  async close(): Promise<void> {
    await withTimeout(closing, this.#queue.close());
    this.#redis.disconnect();
  }

  /** Result of a job, or `undefined` while it is running. */
  async #look(job: Job): Promise<{ readonly value: unknown } | undefined> {
    const asked = this.#ask(() => this.#stateOf(job.id));
    let state = await within(silence, asked);
    while (state === undefined) {
      // A worker may have finished the job while Redis is unreachable.
      if (await this.#isDone(job)) {
        asked.catch(() => undefined);
        return { value: undefined };
      }
      state = await within(silence, asked);
    }
    if (state.name === "failed") throw jobError(state.reason);
    if (state.name === "completed") return { value: state.value };
    if (state.name !== "lost") return undefined;
    if (await this.#isDone(job)) return { value: undefined };
    await this.#addAgain();
    return undefined;
  }

  async #stateOf(id: string) {
    const name = await this.#queue.getJobState(id);
    if (name !== "completed" && name !== "failed" && name !== "unknown") return { name: "open" } as const;
    const job = name === "unknown" ? undefined : await this.#queue.getJob(id);
    if (job === undefined) return { name: "lost" } as const;
    if (name === "failed") return { name, reason: job.failedReason } as const;
    return { name, value: job.returnvalue } as const;
  }

  /** Adds all lost jobs again; concurrent calls share one pass. */
  #addAgain(): Promise<void> {
    this.#adding ??= this.#addLost().finally(() => {
      this.#adding = undefined;
    });
    return this.#adding;
  }

  async #addLost(): Promise<void> {
    let lost = 0;
    for (const job of this.#open.values()) {
      if ((await this.#ask(() => this.#stateOf(job.id))).name !== "lost" || (await this.#isDone(job))) continue;
      await this.#ask(() => this.#put(job, ["unknown"]));
      lost++;
    }
    if (lost > 0) this.#notice(`Redis has lost ${lost} jobs (emptied, evicted or restarted): they are asked for again`);
  }

  /** Adds a job, replacing one with the same id in any of the given states. */
  async #put({ name, id, data }: Job, replaced: readonly string[]): Promise<void> {
    const known = await this.#queue.getJob(id);
    if (known !== undefined && replaced.includes(await known.getState())) await known.remove();
    const retry = { attempts, backoff: { type: "exponential", delay: backoff } };
    const retention = { removeOnComplete: { age: 3600 }, removeOnFail: { age: 86400 } };
    await this.#queue.add(name, data, { jobId: id, ...retry, ...retention });
  }

  /** Waits for Redis's answer for as long as it takes, with one notice if it is slow. Throws ACCESS or NETWORK if Redis refuses. */
  async #ask<T>(command: () => Promise<T>): Promise<T> {
    const late = setTimeout(() => this.#say(), silence).unref();
    try {
      const answer = await command();
      this.#isSilent = false;
      return answer;
    } catch (cause) {
      throw redisFailure(cause, this.#url);
    } finally {
      clearTimeout(late);
    }
  }

  #say(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#notice(`Redis does not answer (${withoutSecrets(this.#url)}): waiting for it; Ctrl-C ends this`);
  }
}

/** Error for the failure reason that a worker recorded. */
const jobError = (reason: string) => new MpaError("RUNTIME", `a worker failed: ${reason}`, { fix: "see its output" });

/** Maximum number of attempts at a job. With `backoff` they span two minutes, longer than the lock of a lost worker. */
const attempts = 8;

/** Delay before the second attempt, milliseconds; it doubles with each further one. */
const backoff = 1000;

/** Polling interval of a job's state, milliseconds. */
const interval = 250;

/** Milliseconds without an answer after which Redis counts as unresponsive and `isDone` is consulted. */
const silence = 5000;
