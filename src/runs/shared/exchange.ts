/**
 * Owner's side of a distributed training: publishes the micro-batches of each step, computes some itself, and collects all answers. Step
 * workers are stateless and may join or leave at any time. A micro-batch without a timely answer is published again; if Redis is
 * unreachable, the owner computes it.
 */
import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { SampleVisit } from "../../data/imageBatch.ts";
import type { Feeds } from "../../graph/runtime/session.ts";
import { decodeAnswer, decodeTask, encodeFeeds, encodeTask, type StepAnswer, type StepTask } from "./messages.ts";
import { redisFailure, within, withTimeout } from "./redis.ts";
import { silence, trainingKeys } from "./trainingKeys.ts";

/** Minimum time allowed for an answer, milliseconds. */
const minLease = 1000;
/** Maximum time that an unresponsive Redis may delay the start of a training, milliseconds. */
const openTimeout = 5000;
/** Time allowed for an answer, as a multiple of the last step's slowest micro-batch. */
const leaseFactor = 4;

/** A training step to distribute. */
export interface SharedStep {
  readonly epoch: number;
  /** images of the batch */
  readonly size: number;
  /** images of each micro-batch */
  readonly microBatches: readonly (readonly SampleVisit[])[];
  readonly feeds: Feeds;
}

/** Computes the results of one micro-batch. */
export type RunMicroBatch = (task: StepTask, feeds: Feeds) => Promise<StepAnswer>;

interface Round {
  readonly step: number;
  readonly tasks: readonly StepTask[];
  readonly answers: Map<number, StepAnswer>;
}

/** Exchange of micro-batches and answers with step workers over Redis. */
export class Exchange {
  readonly #redis: Redis;
  readonly #blocking: Redis;
  readonly #keys: ReturnType<typeof trainingKeys>;
  readonly #offer: Buffer;
  readonly #arrivals = new EventEmitter();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #listening: Promise<void>;
  #round: Round = { step: 0, tasks: [], answers: new Map() };
  #lease = minLease;
  #isSilent = false;
  #isClosed = false;
  /** number of micro-batches that workers answered */
  helped = 0;
  /** number of micro-batches that were published again */
  repeated = 0;

  /** Starts announcing the training; `offer` is its encoded description. Takes ownership of the connection. */
  constructor(redis: Redis, training: string, offer: Uint8Array) {
    this.#redis = redis;
    this.#blocking = redis.duplicate();
    this.#blocking.on("error", () => undefined);
    this.#keys = trainingKeys(training);
    this.#offer = Buffer.from(offer);
    this.#heartbeat = setInterval(() => void this.#announce(), (silence * 1000) / 6);
    // A restarted server may have lost the offer.
    redis.on("ready", () => {
      this.#isSilent = false;
      void this.#announce();
    });
    this.#listening = this.#listen();
  }

  /** Publishes the offer, so that step workers can join. Throws ACCESS or NETWORK if the Redis at `url` refuses. */
  async open(url: string): Promise<void> {
    try {
      await within(openTimeout, this.#redis.set(this.#keys.offer, this.#offer, "EX", silence));
    } catch (cause) {
      throw redisFailure(cause, url);
    }
  }

  /** Distributes a step and returns the answers of all micro-batches, in order. */
  async share({ epoch, size, microBatches, feeds }: SharedStep, own: RunMicroBatch): Promise<StepAnswer[]> {
    const step = this.#round.step + 1;
    const tasks = microBatches.map((visits, microBatch) => ({ step, microBatch, epoch, size, draws: [...visits] }));
    const answers = new Map<number, StepAnswer>();
    this.#round = { step, tasks, answers };
    this.#isSilent = false;
    await this.#give(tasks, feeds);
    while (answers.size < tasks.length) {
      const task = (await this.#take()) ?? (await this.#overdue(feeds));
      if (task !== undefined && !answers.has(task.microBatch)) this.#receive(await own(task, feeds));
    }
    this.#lease = Math.max(minLease, leaseFactor * Math.max(...[...answers.values()].map(({ took }) => took)));
    return tasks.map(({ microBatch }) => answers.get(microBatch)).filter((answer) => answer !== undefined);
  }

  /** Ends the training for all step workers and closes the connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    await withTimeout(minLease, this.#redis.del(...Object.values(this.#keys)));
    this.#blocking.disconnect();
    // A command pending during a reconnect never settles after `disconnect`, so the wait is limited.
    await withTimeout(minLease, this.#listening);
    this.#redis.disconnect();
  }

  async #announce(): Promise<void> {
    await withTimeout(minLease, this.#redis.set(this.#keys.offer, this.#offer, "EX", silence));
  }

  async #give(tasks: readonly StepTask[], feeds: Feeds): Promise<void> {
    const { feeds: key, todo } = this.#keys;
    const bytes = encodeFeeds({ step: this.#round.step, feeds });
    await this.#ask((redis) =>
      redis
        .multi()
        .del(todo)
        .set(key, bytes, "EX", silence)
        .rpush(todo, ...tasks.map(encodeTask))
        .exec(),
    );
  }

  /** Takes a pending micro-batch to compute here, or an unanswered one if Redis does not respond. */
  async #take(): Promise<StepTask | undefined> {
    const text = await this.#ask((redis) => redis.lpop(this.#keys.todo));
    if (text === undefined) return this.#missing[0];
    if (text === null) return undefined;
    const task = decodeTask(text);
    return task.step === this.#round.step ? task : this.#take();
  }

  /** Whether an answer arrived within the lease. */
  async #answerArrived(): Promise<boolean> {
    try {
      await once(this.#arrivals, "answer", { signal: AbortSignal.timeout(this.#lease) });
      return true;
    } catch {
      return false;
    }
  }

  /**
   * If no answer arrives within the lease, publishes all unanswered micro-batches and their inputs again, because a restarted Redis may
   * have lost them. Returns one of them to compute here, so that every step makes progress.
   */
  async #overdue(feeds: Feeds): Promise<StepTask | undefined> {
    if (this.#missing.length === 0 || (await this.#answerArrived())) return undefined;
    const [first, ...others] = this.#missing;
    if (first !== undefined) this.repeated += 1 + others.length;
    if (others.length > 0) await this.#give(others, feeds);
    return first;
  }

  get #missing(): StepTask[] {
    const { tasks, answers } = this.#round;
    return tasks.filter(({ microBatch }) => !answers.has(microBatch));
  }

  /** Sends a command to Redis. Returns `undefined` if it does not answer; the step then continues without Redis. */
  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (this.#isSilent || this.#redis.status !== "ready") return undefined;
    const answer = await withTimeout(this.#lease, command(this.#redis));
    if (answer === undefined) this.#isSilent = true;
    return answer;
  }

  async #listen(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const reply = await this.#blocking.blpopBuffer(this.#keys.done, 1);
        if (reply === null) continue;
        if (this.#receive(decodeAnswer(reply[1]))) this.helped++;
      } catch {
        // Micro-batches with lost or malformed answers are published again.
        if (!this.#isClosed) await wait(200);
      }
    }
  }

  /** Accepts the first answer to each micro-batch of the current step; returns whether it was accepted. */
  #receive(answer: StepAnswer): boolean {
    const { step, tasks, answers } = this.#round;
    if (answer.step !== step || answer.microBatch >= tasks.length || answers.has(answer.microBatch)) return false;
    answers.set(answer.microBatch, answer);
    this.#arrivals.emit("answer");
    return true;
  }
}
