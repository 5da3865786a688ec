/** Lifetime of a resource that concurrent calls share. */
import { MpaError } from "./errors.ts";

/**
 * Tracks the calls that use a resource, so that it is freed once, after the last of them. `what` is its name in errors, such as
 * "the recognizer".
 */
export class Lifetime {
  readonly #what: string;
  readonly #free: () => Promise<unknown>;
  readonly #uses = new Set<Promise<unknown>>();
  #end: Promise<void> | undefined;

  constructor(what: string, free: () => Promise<unknown>) {
    this.#what = what;
    this.#free = free;
  }

  /** Calls `work` and returns its result. Throws USAGE after `dispose` was called; calls that started before are completed. */
  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#end !== undefined) {
      throw new MpaError("USAGE", `${this.#what} is used after it was disposed of`, {
        fix: "dispose of it after the last use, or open another one",
      });
    }
    const use = work();
    this.#uses.add(use);
    try {
      return await use;
    } finally {
      this.#uses.delete(use);
    }
  }

  /** Waits for calls in progress, then frees the resource. Further calls return the same promise. */
  dispose(): Promise<void> {
    this.#end ??= Promise.allSettled(this.#uses).then(async () => void (await this.#free()));
    return this.#end;
  }
}
