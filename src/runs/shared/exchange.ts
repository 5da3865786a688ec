/**
 * The owner's side of a shared training: it gives each step's micro-batches away, takes some itself, and has all answers in the
 * end. Step workers hold nothing that a step depends on, so they come and go; a micro-batch that is not answered in time is
 * given away again, and without Redis it is computed here.
 */
import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { SampleVisit } from "../../data/batches.ts";
import type { Feeds } from "../../graph/runtime/session.ts";
import { decodeAnswer, decodeTask, encodeFeeds, encodeTask, type StepAnswer, type StepTask } from "./messages.ts";
import { redisFailure, within, withTimeout } from "./redis.ts";

/** Where a shared training's messages lie in Redis. The braces keep them on one node of a cluster. */
export const trainingKeys = (training: string) => {
  const base = `mpa-fer:{${training}}`;
  return {
    /** what the training is; it is there as long as the training goes on */
    offer: `${base}:offer`,
    /** what every micro-batch of the step in work takes */
    feeds: `${base}:feeds`,
    /** list of micro-batches that nobody has taken */
    todo: `${base}:todo`,
    /** list of answers */
    done: `${base}:done`,
  } as const;
};

/** Seconds after which a training that is not heard of any more is taken for ended. */
export const silence = 60;

/** Milliseconds that an answer may take at least. */
const shortestLease = 1000;
/** Milliseconds that a Redis which does not answer may hold up the begin of a training. */
const openingPatience = 5000;
/** How much longer than the last step's slowest micro-batch an answer may take. */
const patience = 4;

/** A step to be shared. */
export interface SharedStep {
  readonly epoch: number;
  /** images of the batch */
  readonly size: number;
  /** the images of each */
  readonly microBatches: readonly (readonly SampleVisit[])[];
  readonly feeds: Feeds;
}

export type RunMicroBatch = (task: StepTask, feeds: Feeds) => Promise<StepAnswer>;

interface Round {
  readonly step: number;
  readonly tasks: readonly StepTask[];
  readonly answers: Map<number, StepAnswer>;
}

export class Exchange {
  readonly #redis: Redis;
  readonly #blocking: Redis;
  readonly #keys: ReturnType<typeof trainingKeys>;
  readonly #offer: Buffer;
  readonly #arrivals = new EventEmitter();
  readonly #beat: NodeJS.Timeout;
  readonly #listening: Promise<void>;
  #round: Round = { step: 0, tasks: [], answers: new Map() };
  #lease = shortestLease;
  #isSilent = false;
  #isClosed = false;
  /** micro-batches that others answered, and those that were given away again */
  helped = 0;
  repeated = 0;

  /** Offers the training; `offer` is what a step worker has to know. The connection is this object's from now on. */
  constructor(redis: Redis, training: string, offer: Uint8Array) {
    this.#redis = redis;
    this.#blocking = redis.duplicate();
    this.#blocking.on("error", () => undefined);
    this.#keys = trainingKeys(training);
    this.#offer = Buffer.from(offer);
    this.#beat = setInterval(() => void this.#announce(), (silence * 1000) / 6);
    // A server that came back may have lost what it held.
    redis.on("ready", () => {
      this.#isSilent = false;
      void this.#announce();
    });
    this.#listening = this.#listen();
  }

  /** Step workers find the training from here on. Throws what the Redis at `url` refuses. */
  async open(url: string): Promise<void> {
    try {
      await within(openingPatience, this.#redis.set(this.#keys.offer, this.#offer, "EX", silence));
    } catch (cause) {
      throw redisFailure(cause, url);
    }
  }

  /** The answers of all micro-batches, in their order. */
  async share({ epoch, size, microBatches, feeds }: SharedStep, own: RunMicroBatch): Promise<StepAnswer[]> {
    const step = this.#round.step + 1;
    const tasks = microBatches.map((visits, part) => ({ step, part, epoch, size, draws: [...visits] }));
    const answers = new Map<number, StepAnswer>();
    this.#round = { step, tasks, answers };
    this.#isSilent = false;
    await this.#give(tasks, feeds);
    while (answers.size < tasks.length) {
      const task = (await this.#take()) ?? (await this.#overdue(feeds));
      if (task !== undefined && !answers.has(task.part)) this.#receive(await own(task, feeds));
    }
    this.#lease = Math.max(shortestLease, patience * Math.max(...[...answers.values()].map(({ took }) => took)));
    return tasks.map(({ part }) => answers.get(part)).filter((answer) => answer !== undefined);
  }

  /** Ends the training for all step workers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#beat);
    await withTimeout(shortestLease, this.#redis.del(...Object.values(this.#keys)));
    this.#blocking.disconnect();
    // What a client waits for while it connects again is never answered once it is told to stop.
    await withTimeout(shortestLease, this.#listening);
    this.#redis.disconnect();
  }

  async #announce(): Promise<void> {
    await withTimeout(shortestLease, this.#redis.set(this.#keys.offer, this.#offer, "EX", silence));
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

  /** A micro-batch to compute here: one that nobody has taken, or, where Redis does not answer, one that is not answered. */
  async #take(): Promise<StepTask | undefined> {
    const text = await this.#ask((redis) => redis.lpop(this.#keys.todo));
    if (text === undefined) return this.#missing[0];
    if (text === null) return undefined;
    const task = decodeTask(text);
    return task.step === this.#round.step ? task : this.#take();
  }

  /** Whether an answer came before the lease was over. */
  async #news(): Promise<boolean> {
    try {
      await once(this.#arrivals, "answer", { signal: AbortSignal.timeout(this.#lease) });
      return true;
    } catch {
      return false;
    }
  }

  /**
   * When nothing comes for as long as the lease, all that is missing is given again, with what it takes: Redis may have come
   * back without it. One of them is to be computed here, so that a step ends whatever becomes of the others.
   */
  async #overdue(feeds: Feeds): Promise<StepTask | undefined> {
    if (this.#missing.length === 0 || (await this.#news())) return undefined;
    const [first, ...others] = this.#missing;
    if (first !== undefined) this.repeated += 1 + others.length;
    if (others.length > 0) await this.#give(others, feeds);
    return first;
  }

  get #missing(): StepTask[] {
    const { tasks, answers } = this.#round;
    return tasks.filter(({ part }) => !answers.has(part));
  }

  /** Redis's answer; `undefined` where it is not there. A step waits for it once, then goes on alone. */
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
        // Lost or broken answers are asked for again.
        if (!this.#isClosed) await wait(200);
      }
    }
  }

  /** Takes the first answer to each micro-batch of this step. */
  #receive(answer: StepAnswer): boolean {
    const { step, tasks, answers } = this.#round;
    if (answer.step !== step || answer.part >= tasks.length || answers.has(answer.part)) return false;
    answers.set(answer.part, answer);
    this.#arrivals.emit("answer");
    return true;
  }
}
