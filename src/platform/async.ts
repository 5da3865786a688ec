/** Concurrent work: results in the order of the items, and a limit on how much is in progress. */

/**
 * Maps items to results in order, with up to `width` calls of `work` in progress. Throws the first failure after the work in
 * progress has settled.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const one = work(item);
      // Awaited later in order; a rejection before that must not count as unhandled.
      one.catch(() => undefined);
      begun.push(one);
      const [first] = begun;
      if (begun.length < width) continue;
      yield await first;
      begun.shift();
    }
    for (; begun.length > 0; begun.shift()) yield await begun[0];
  } finally {
    await Promise.allSettled(begun);
  }
}

/** Limit on concurrent calls; further calls wait in the order of arrival. */
export class Limiter {
  readonly #width: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /**
   * Calls `work` when there is room and returns its result. Throws the signal's reason, without calling `work`, if it aborts
   * before.
   */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#running < this.#width) this.#running++;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The slot passes directly to the next call, so that a later one cannot take it.
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(begin);
    });
  }
}
