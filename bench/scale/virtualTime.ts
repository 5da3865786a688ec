/** Discrete-event clock, which jumps from one event to the next instead of waiting. */
export class VirtualTime {
  now = 0;
  readonly #events: { readonly at: number; readonly wake: () => void }[] = [];

  /** Resolves after this many simulated seconds. */
  sleep(seconds: number): Promise<void> {
    return this.until(this.now + seconds);
  }

  until(at: number): Promise<void> {
    return new Promise((wake) => {
      const place = this.#events.findLastIndex((event) => event.at <= at);
      this.#events.splice(place + 1, 0, { at, wake });
    });
  }

  /** Advances the time until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const event = this.#events.shift();
      if (event !== undefined) {
        this.now = event.at;
        event.wake();
      }
      // Run everything that is due at this moment before the time advances.
      await new Promise(setImmediate);
    }
    return await over;
  }
}

/** One direction of a link: bytes leave in order. */
export class Pipe {
  readonly #time: VirtualTime;
  readonly #rate: number;
  #free = 0;

  /** bytes a second */
  constructor(time: VirtualTime, rate: number) {
    this.#time = time;
    this.#rate = rate;
  }

  send(bytes: number): Promise<void> {
    this.#free = Math.max(this.#time.now, this.#free) + bytes / this.#rate;
    return this.#time.until(this.#free);
  }
}

/** List with blocking pops, like Redis's BLPOP. */
export class WaitingList<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#items.push(item);
    else first(item);
  }

  /** undefined if the list is empty */
  pop(): T | undefined {
    return this.#items.shift();
  }

  async wait(): Promise<T> {
    return this.#items.shift() ?? (await new Promise((give) => this.#waiting.push(give)));
  }
}
