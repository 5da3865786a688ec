/** The callbacks of one run: told in order, kept from doing harm, heard when they want to stop. */
import { messageOf } from "../errors.ts";
import type { RunControl, TrainerCallback, TrainerEvents, TrainerHandlers } from "./trainerCallback.ts";

export interface StopRequest {
  /** name of the callback */
  readonly by: string;
  readonly reason: string;
}

export class CallbackList {
  readonly #notice: (line: string) => void;
  readonly #stopping = new AbortController();
  #callbacks: readonly TrainerCallback[];
  #stop: StopRequest | undefined;

  constructor(callbacks: readonly TrainerCallback[], notice: (line: string) => void = () => undefined) {
    this.#callbacks = callbacks;
    this.#notice = notice;
  }

  /** Aborts when a callback wants the run to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The first wish to stop. */
  get stop(): StopRequest | undefined {
    return this.#stop;
  }

  /** Tells every callback that listens, one after the other. Never throws. */
  async tell<Event extends keyof TrainerEvents>(event: Event, value: TrainerEvents[Event]): Promise<void> {
    for (const callback of this.#callbacks) {
      const handlers: TrainerHandlers = callback;
      try {
        await handlers[event]?.(value, this.#controlOf(callback));
      } catch (error) {
        this.#callbacks = this.#callbacks.filter((other) => other !== callback);
        const what = `the callback ${callback.name} failed in ${event} (${messageOf(error)})`;
        this.#notice(`${what}: it is left out from here on, the run goes on`);
      }
    }
  }

  #controlOf({ name }: TrainerCallback): RunControl {
    return {
      stop: (reason) => {
        this.#stop ??= { by: name, reason };
        this.#stopping.abort();
      },
    };
  }
}
