/** Requests wait a moment for company, and are turned away where too many wait. */
import type { PictureAnswer, PictureRequest } from "./model.ts";

export interface QueueOptions {
  /** answers pictures together; what it throws, each of them gets */
  answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]>;
  /** pictures that may wait or be in work */
  readonly limit: number;
  /** pictures a batch */
  readonly batchSize: number;
  /** bytes a batch, but for a larger picture, which is one alone; any number where it is absent */
  readonly batchBytes?: number;
  /** milliseconds that the first picture waits for others */
  readonly wait: number;
  /** milliseconds that pictures may wait while none is in work; default 10,000 beyond `wait` */
  readonly patience?: number;
  /** hears of each batch when it is done */
  readonly onBatch?: (pictures: number) => void;
}

export type Question = Omit<PictureRequest, "id">;

/** The queue holds as many pictures as it may. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/** The queue takes no more pictures, and answers none of those that waited. */
export class QueueClosed extends Error {
  override readonly name = "QueueClosed";
}

interface Waiting {
  readonly request: PictureRequest;
  readonly since: number;
  resolve(answer: PictureAnswer): void;
  reject(error: unknown): void;
}

const usualPatience = 10_000;

/**
 * One batch is with the model at a time; while it works, the next one gathers. Wherever pictures wait, a batch is in work or the
 * timer runs: each of them ends in `#next`, which leaves neither behind.
 */
export class RequestQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Waiting[] = [];
  #working = 0;
  #isClosed = false;
  /** ends the first picture's wait for others */
  #timer: NodeJS.Timeout | undefined;
  /** when a batch was last begun or ended */
  #progress = 0;
  #lastId = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** pictures that wait or are in work */
  get length(): number {
    return this.#waiting.length + this.#working;
  }

  get limit(): number {
    return this.#options.limit;
  }

  /** Whether pictures wait, none is in work, and that for longer than it may be. */
  get isStuck(): boolean {
    const { wait, patience = wait + usualPatience } = this.#options;
    const [oldest] = this.#waiting;
    if (oldest === undefined || this.#working > 0) return false;
    return performance.now() - Math.max(oldest.since, this.#progress) > patience;
  }

  hasRoomFor(pictures: number): boolean {
    return this.length + pictures <= this.#options.limit;
  }

  /**
   * The answers in the order of the questions. Throws QueueFull at once where there is no room for all of them, and QueueClosed.
   * Fails with the signal's reason: what is not begun when it aborts is not begun any more.
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

  /** Turns away those who wait, and all who come; the batch in work is answered. */
  close(): void {
    this.#isClosed = true;
    this.#remove([...this.#waiting], new QueueClosed("the server is ending"));
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#working > 0 || this.#waiting.length === 0) return;
    // Those who came while a batch was in work have waited long enough.
    void this.#answer(this.#waiting.splice(0, this.#batchLength())).then(() => this.#next());
  }

  /** How many of those who wait make a batch. */
  #batchLength(): number {
    const { batchSize, batchBytes = Number.POSITIVE_INFINITY } = this.#options;
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ request }, i) => {
      bytes += request.bytes.length;
      return i === batchSize || bytes > batchBytes;
    });
    return tooMany < 0 ? this.#waiting.length : Math.max(1, tooMany);
  }

  /** Never throws: a failure belongs to the pictures of the batch. */
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

  /** Waits for all of a request's pictures, also after one has failed: until then their bytes are held. */
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

  /** Those of them that are in work are answered all the same. */
  #remove(gone: readonly Waiting[], reason: unknown): void {
    for (const each of gone) {
      const at = this.#waiting.indexOf(each);
      if (at < 0) continue;
      this.#waiting.splice(at, 1);
      each.reject(reason);
    }
  }
}
