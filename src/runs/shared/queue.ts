/** The queue that hands out work: BullMQ's, which keeps, retries and gives again what a lost worker had. */

import { setTimeout as wait } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { z } from "zod";
import { MpaError, throwIfStopped } from "../../platform/errors.ts";
import { withoutSecrets } from "../../platform/network.node.ts";
import { loadPackage } from "../../platform/package.node.ts";
import { connectRedis, redisFailure, unlessAborted, within, withTimeout } from "./redis.ts";

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

/** Milliseconds between two looks at a job. */
const interval = 250;
/** Milliseconds without an answer of Redis after which that is said, and results are looked for without it. */
const silence = 5000;

export interface JobQueue {
  /** Adds what is not in the queue yet; what failed or was done before is done again. */
  add(jobs: readonly Job[]): Promise<void>;
  /**
   * What a job that was added came to; `undefined` where its result was found in its place. A job that the queue has lost is added
   * again, with all others. Throws the error of its last try, INTERRUPTED when the signal aborts, and what Redis refuses.
   */
  result(id: string, signal?: AbortSignal): Promise<unknown>;
  /** Takes back what nobody has begun. */
  withdraw(ids: readonly string[]): Promise<void>;
  /** workers that are connected */
  workers(): Promise<number>;
  close(): Promise<void>;
}

export interface QueueOptions {
  /** hears that Redis is silent or has lost work */
  readonly notice?: (line: string) => void;
  /** whether a job's result lies where it belongs, whatever the queue knows of it */
  readonly isDone?: (job: Job) => Promise<boolean>;
}

/** Throws USAGE, NETWORK, ACCESS, RUNTIME. */
export async function openQueue(url: string, options: QueueOptions = {}): Promise<JobQueue> {
  const { Queue } = await loadPackage("bullmq", () => import("bullmq"));
  const redis = await connectRedis(url);
  const queue = new Queue(queueName, { connection: redis });
  // It connects again by itself; whoever asks it something waits for the answer or hears why there is none.
  queue.on("error", () => undefined);
  return new RedisQueue(url, redis, queue, options);
}

class RedisQueue implements JobQueue {
  readonly #url: string;
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #notice: (line: string) => void;
  readonly #isDone: (job: Job) => Promise<boolean>;
  /** what was added and has no result yet */
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

  async withdraw(ids: readonly string[]): Promise<void> {
    // A Redis that is gone does not hold up whoever takes back.
    await withTimeout(closing, Promise.all(ids.map((id) => this.#queue.remove(id).catch(() => undefined))));
  }

  workers(): Promise<number> {
    return this.#ask(async () => (await this.#queue.getWorkers()).length);
  }

  async close(): Promise<void> {
    await withTimeout(closing, this.#queue.close());
    this.#redis.disconnect();
  }

  /** What a job came to, if it has ended. */
  async #look(job: Job): Promise<{ readonly value: unknown } | undefined> {
    const asked = this.#ask(() => this.#stateOf(job.id));
    let state = await within(silence, asked);
    while (state === undefined) {
      // Its worker may have ended it while Redis is gone.
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

  /** Adds all jobs that have no result and are not in the queue, once for all who miss one. */
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

  /** Adds a job; one that is known in one of these states is replaced. */
  async #put({ name, id, data }: Job, replaced: readonly string[]): Promise<void> {
    const known = await this.#queue.getJob(id);
    if (known !== undefined && replaced.includes(await known.getState())) await known.remove();
    const retry = { attempts, backoff: { type: "exponential", delay: backoff } };
    const kept = { removeOnComplete: { age: 3600 }, removeOnFail: { age: 86400 } };
    await this.#queue.add(name, data, { jobId: id, ...retry, ...kept });
  }

  /** Redis's answer, however long it takes; a long wait is said once. Throws what Redis refuses. */
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
const jobError = (reason: string) => new MpaError("RUNTIME", `a worker failed: ${reason}`, { fix: "see its output" });
