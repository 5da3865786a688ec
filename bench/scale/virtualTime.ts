/** A clock that jumps from one event to the next, so that programs that wait can be run to see how long they would. */
export class VirtualTime {
  now = 0;
  readonly #events: { readonly at: number; readonly wake: () => void }[] = [];

  /** Resolves so many seconds later. */
  sleep(seconds: number): Promise<void> {
    return this.until(this.now + seconds);
  }

  until(at: number): Promise<void> {
    return new Promise((wake) => {
      const place = this.#events.findLastIndex((event) => event.at <= at);
      this.#events.splice(place + 1, 0, { at, wake });
    });
  }

  /** Lets time pass until the work is done. */
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
      // All that follows at this moment happens before time goes on.
      await new Promise(setImmediate);
    }
    return await over;
  }
}

/** One direction of a link: bytes leave one after another. */
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

/** A list that is waited at, as Redis's lists are by BLPOP. */
export class WaitingList<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#items.push(item);
    else first(item);
  }

  /** undefined where it is empty */
  pop(): T | undefined {
    return this.#items.shift();
  }

  async wait(): Promise<T> {
    return this.#items.shift() ?? (await new Promise((give) => this.#waiting.push(give)));
  }
}
