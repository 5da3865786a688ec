/** Requests wait a moment for company, and are turned away where too many wait. */
import type { PictureAnswer, PictureRequest } from "./model.ts";

export interface QueueOptions {
  /** answers pictures together; what it throws, each of them gets */
  answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]>;
  /** pictures that may wait or be in work */
  readonly limit: number;
  /** pictures a batch */
  readonly batchSize: number;
  /** milliseconds that the first picture waits for others */
  readonly wait: number;
  /** hears of each batch when it is done */
  readonly onBatch?: (pictures: number, seconds: number) => void;
}

export type Question = Omit<PictureRequest, "id">;

/** The queue holds as many pictures as it may. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

interface Waiting {
  readonly request: PictureRequest;
  resolve(answer: PictureAnswer): void;
  reject(error: unknown): void;
}

/** One batch is with the model at a time; while it works, the next one gathers. */
export class RequestQueue {
  readonly #options: QueueOptions;
  #waiting: Waiting[] = [];
  #working = 0;
  #timer: NodeJS.Timeout | undefined;
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

  hasRoomFor(pictures: number): boolean {
    return this.length + pictures <= this.#options.limit;
  }

  /** Throws QueueFull at once where there is no room for all of them. */
  ask(questions: readonly Question[]): Promise<PictureAnswer[]> {
    if (!this.hasRoomFor(questions.length)) throw new QueueFull("too many pictures are waiting");
    const answers = questions.map(
      (question) =>
        new Promise<PictureAnswer>((resolve, reject) => {
          this.#waiting.push({ request: { ...question, id: ++this.#lastId }, resolve, reject });
        }),
    );
    this.#timer ??= setTimeout(() => this.#next(), this.#options.wait);
    if (this.#waiting.length >= this.#options.batchSize) this.#next();
    return Promise.all(answers);
  }

  #next(): void {
    if (this.#working > 0 || this.#waiting.length === 0) return;
    clearTimeout(this.#timer);
    const batch = this.#waiting.splice(0, this.#options.batchSize);
    this.#working = batch.length;
    void this.#work(batch).finally(() => {
      this.#working = 0;
      this.#timer = undefined;
      // those who came meanwhile have waited long enough
      this.#next();
    });
  }

  async #work(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    try {
      const answers = await this.#options.answer(batch.map(({ request }) => request));
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      for (const { request, resolve, reject } of batch) {
        const answer = byId.get(request.id);
        if (answer === undefined) reject(new Error("the model left a picture without an answer"));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#options.onBatch?.(batch.length, (performance.now() - started) / 1000);
    }
  }
}
