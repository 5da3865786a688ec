/** Timer that calls a function once, and can be set again. */
export class Countdown {
  readonly #call: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: () => void) {
    this.#call = call;
  }

  set(milliseconds: number): void {
    clearTimeout(this.#timer);
    // setTimeout accepts at most 2 ** 31 - 1 ms, a little less than 25 days.
    this.#timer = setTimeout(this.#call, Math.min(milliseconds, 2 ** 31 - 1));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
