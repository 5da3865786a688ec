/** The uses of a resource that is freed once, after them. */
import { MpaError } from "./errors.ts";

/**
 * Counts what is under way over a resource, so that it is freed after the last use and only once. `what` names it in errors:
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

  /** What `work` comes to. Throws USAGE after `dispose` was called; what began before it is finished. */
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

  /** Waits for what is under way, then frees the resource; a second call waits for the same end. */
  dispose(): Promise<void> {
    this.#end ??= Promise.allSettled(this.#uses).then(async () => void (await this.#free()));
    return this.#end;
  }
}
