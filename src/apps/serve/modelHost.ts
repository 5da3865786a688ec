/** Supervisor of the model process: starts it, sends it pictures, and replaces it when it dies or hangs. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type RecognizerConfig, recognizerOptions } from "../../faces/options.node.ts";
import type { ModelDescription } from "../../faces/recognizer.ts";
import { MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { pluginFiles } from "../plugins.ts";
import { Countdown } from "./countdown.ts";
import type { PictureAnswer, PictureRequest } from "./model.ts";
import { ended, exchange, ModelGone, modelLoaded, startChild } from "./modelChild.ts";

export interface ModelHost {
  /** description from the current process, or the previous one */
  readonly model: ModelDescription;
  /** number of times that the process was replaced */
  readonly replaced: number;
  /** process id; undefined while no process has a loaded model */
  readonly pid: number | undefined;
  /** whether the current batch takes longer than its time limit */
  readonly isOverdue: boolean;
  /** Answers a batch. Throws ModelGone if there is no process, or it dies or is killed before it has answered. */
  answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]>;
  close(): void;
}

/** Time limits in milliseconds. A process is overdue after the limit, and killed after twice the limit. */
export interface Patience {
  /** any work */
  readonly base: number;
  /** decoding a picture and detecting its faces */
  readonly picture: number;
  /** classifying a detected face */
  readonly face: number;
  /** explaining a face */
  readonly explanation: number;
  /** loading the model again; at least five times the duration of the first load */
  readonly start: number;
}

/** Default limits; a face takes 0.02 to 1 second, depending on backbone and machine. */
export const defaultPatience: Patience = {
  base: 20_000,
  picture: 5_000,
  face: 1_000,
  explanation: 30_000,
  start: 60_000,
};

/** Time limit of the first load, which may download the model. */
const firstStartPatience = 3_600_000;

export interface ModelHostOptions {
  readonly recognizer: RecognizerConfig;
  readonly patience?: Patience;
  /** receives a message when a process has died and is replaced */
  readonly notice?: (line: string) => void;
  /** stops the loading */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds between a death and the next start, doubled after each failed start. */
const pause = 500;
const maxPause = 30_000;

/** Starts the process and waits for its model. Throws the error of loading, INTERRUPTED if the signal stopped it. */
export async function startModelHost(options: ModelHostOptions): Promise<ModelHost> {
  const { signal } = options;
  const host = new ProcessHost(options);
  const close = () => host.close();
  throwIfStopped(signal, "stopped before the model was loaded");
  signal?.addEventListener("abort", close);
  try {
    await host.start();
    return host;
  } catch (error) {
    throwIfStopped(signal, "stopped before the model was loaded");
    throw error;
  } finally {
    signal?.removeEventListener("abort", close);
  }
}

class ProcessHost implements ModelHost {
  replaced = 0;
  readonly #options: ModelHostOptions;
  readonly #patience: Patience;
  /** current process, in any state */
  #child: ChildProcess | undefined;
  #isReady = false;
  #model: ModelDescription | undefined;
  #startPatience = firstStartPatience;
  /** time at which the current batch is overdue */
  #due = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#patience = options.patience ?? defaultPatience;
  }

  get model(): ModelDescription {
    if (this.#model === undefined) throw new MpaError("INTERNAL", "the model is asked for before it is there");
    return this.#model;
  }

  get pid(): number | undefined {
    return this.#isReady ? this.#child?.pid : undefined;
  }

  get isOverdue(): boolean {
    return performance.now() > this.#due;
  }

  async start(): Promise<void> {
    const started = performance.now();
    const child = await this.#load();
    this.#startPatience = Math.max(this.#patience.start, 5 * (performance.now() - started));
    void this.#keep(child);
  }

  async answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]> {
    const child = this.#child;
    if (child === undefined || !this.#isReady) throw new ModelGone("the model is being started again");
    const { base, picture, face, explanation } = this.#patience;
    const explanations = pictures.filter(({ explain }) => explain !== undefined).length;
    const tooLong = new AbortController();
    const clock = new Countdown(() => {
      this.#isReady = false;
      child.kill("SIGKILL");
      tooLong.abort();
    });
    const allow = (milliseconds: number) => {
      this.#due = performance.now() + milliseconds;
      clock.set(2 * milliseconds);
    };
    allow(base + picture * pictures.length);
    try {
      const found = (faces: number) => allow(base + face * faces + explanation * explanations);
      return await exchange(child, { pictures }, found, tooLong.signal);
    } finally {
      clock.stop();
      this.#due = Number.POSITIVE_INFINITY;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#isReady = false;
    this.#child?.kill("SIGKILL");
  }

  /** Replaces the process whenever it dies. Never throws. */
  async #keep(first: ChildProcess): Promise<void> {
    for (let child: ChildProcess | undefined = first; child !== undefined; child = await this.#again()) {
      await ended(child);
      this.#isReady = false;
      if (this.#isClosed) return;
      this.replaced++;
      this.#say("the model's process died; a new one is starting");
    }
  }

  /** Retries until a process has loaded the model; returns undefined after `close`. */
  async #again(): Promise<ChildProcess | undefined> {
    for (let wait = pause; ; wait = Math.min(2 * wait, maxPause)) {
      await sleep(wait, undefined, { ref: false });
      if (this.#isClosed) return undefined;
      try {
        return await this.#load();
      } catch (error) {
        if (this.#isClosed) return undefined;
        this.#say(`the model could not be started again (${messageOf(error)}); it is tried once more`);
      }
    }
  }

  /** Starts a process and loads its model. On failure or timeout, kills the process and throws the reason. */
  async #load(): Promise<ChildProcess> {
    const recognizer = JSON.stringify(this.#options.recognizer, Object.keys(recognizerOptions.shape));
    const child = startChild([recognizer, ...pluginFiles()]);
    this.#child = child;
    try {
      this.#model = await modelLoaded(child, this.#startPatience);
      this.#isReady = !this.#isClosed;
      return child;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  #say(line: string): void {
    this.#options.notice?.(line);
  }
}
