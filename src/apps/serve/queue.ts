/** Batching queue: pictures wait briefly for others, and are rejected if too many are waiting. */
import type { PictureAnswer, PictureRequest } from "./model.ts";

export interface QueueOptions {
  /** answers a batch; an error rejects every picture in it */
  answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]>;
  /** maximum number of pictures waiting or in progress */
  readonly limit: number;
  /** maximum number of pictures per batch */
  readonly batchSize: number;
  /** maximum bytes per batch; a larger picture is a batch of its own. Unlimited if absent */
  readonly batchBytes?: number;
  /** milliseconds that the first picture waits for others */
  readonly wait: number;
  /** milliseconds that pictures may wait while no batch is in progress; default 10,000 beyond `wait` */
  readonly patience?: number;
  /** receives the size of each finished batch */
  readonly onBatch?: (pictures: number) => void;
}

export type Question = Omit<PictureRequest, "id">;

/** Error of a request for which the queue has no room. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/** Error of a request to a closed queue, or one still waiting when it closed. */
export class QueueClosed extends Error {
  override readonly name = "QueueClosed";
}

interface Waiting {
  readonly request: PictureRequest;
  readonly since: number;
  resolve(answer: PictureAnswer): void;
  reject(error: unknown): void;
}

const defaultPatience = 10_000;

/**
 * Queue with one batch in progress at a time; the next one gathers meanwhile. Invariant: while pictures wait, either a batch
 * is in progress or the timer runs. Both end in `#next`, which restores it.
 */
export class RequestQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Waiting[] = [];
  #working = 0;
  #isClosed = false;
  /** ends the first picture's wait for others */
  #timer: NodeJS.Timeout | undefined;
  /** time when a batch last began or ended */
  #progress = 0;
  #lastId = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Number of pictures waiting or in progress. */
  get length(): number {
    return this.#waiting.length + this.#working;
  }

  get limit(): number {
    return this.#options.limit;
  }

  /** Whether pictures have waited longer than `patience` with no batch in progress. */
  get isStuck(): boolean {
    const { wait, patience = wait + defaultPatience } = this.#options;
    const [oldest] = this.#waiting;
    if (oldest === undefined || this.#working > 0) return false;
    return performance.now() - Math.max(oldest.since, this.#progress) > patience;
  }

  hasRoomFor(pictures: number): boolean {
    return this.length + pictures <= this.#options.limit;
  }

  /**
   * Returns the answers in the order of the questions. Throws QueueFull at once if there is no room for all of them,
   * QueueClosed, and the signal's reason; an abort removes questions that have not started.
   */
  ask(questions: readonly Question[], signal?: AbortSignal): Promise<PictureAnswer[]> {
    if (this.#isClosed) throw new QueueClosed("the server is ending");
    if (!this.hasRoomFor(questions.length)) throw new QueueFull("too many pictures are waiting");
    signal?.throwIfAborted();
    const own: Waiting[] = [];
    const answers = questions.map(
      (question) =>
        new Promise<PictureAnswer>((resolve, reject) => {
          const request = { ...question, id: ++this.#lastId };
          own.push({ request, since: performance.now(), resolve, reject });
        }),
    );
    this.#waiting.push(...own);
    this.#timer ??= setTimeout(() => this.#next(), this.#options.wait);
    if (this.#waiting.length >= this.#options.batchSize) this.#next();
    return this.#settled(answers, own, signal);
  }

  /** Rejects waiting and future requests; the batch in progress is still answered. */
  close(): void {
    this.#isClosed = true;
    this.#remove([...this.#waiting], new QueueClosed("the server is ending"));
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#working > 0 || this.#waiting.length === 0) return;
    // Those that arrived during a batch have waited long enough.
    void this.#answer(this.#waiting.splice(0, this.#batchLength())).then(() => this.#next());
  }

  /** Number of waiting pictures that make up the next batch. */
  #batchLength(): number {
    const { batchSize, batchBytes = Number.POSITIVE_INFINITY } = this.#options;
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ request }, i) => {
      bytes += request.bytes.length;
      return i === batchSize || bytes > batchBytes;
    });
    return tooMany < 0 ? this.#waiting.length : Math.max(1, tooMany);
  }

  /** Answers a batch. Never throws: an error rejects the pictures of the batch. */
  async #answer(batch: readonly Waiting[]): Promise<void> {
    this.#working = batch.length;
    this.#progress = performance.now();
    try {
      const answers = await this.#options.answer(batch.map(({ request }) => request));
      this.#options.onBatch?.(batch.length);
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      for (const { request, resolve, reject } of batch) {
        const answer = byId.get(request.id);
        if (answer === undefined) reject(new Error("the model left a picture without an answer"));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#working = 0;
    this.#progress = performance.now();
  }

  /** Waits for all of a request's pictures even after one has failed, because their bytes are held until then. */
  async #settled(
    answers: readonly Promise<PictureAnswer>[],
    own: readonly Waiting[],
    signal: AbortSignal | undefined,
  ): Promise<PictureAnswer[]> {
    const leave = () => this.#remove(own, signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    await Promise.allSettled(answers);
    signal?.removeEventListener("abort", leave);
    return await Promise.all(answers);
  }

  /** Rejects the waiting ones; those in progress are still answered. */
  #remove(gone: readonly Waiting[], reason: unknown): void {
    for (const each of gone) {
      const at = this.#waiting.indexOf(each);
      if (at < 0) continue;
      this.#waiting.splice(at, 1);
      each.reject(reason);
    }
  }
}
