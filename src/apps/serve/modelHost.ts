/** Keeps a model process: starts it, hands it pictures, and replaces it when it dies or hangs. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type RecognizerConfig, recognizerOptions } from "../../faces/options.node.ts";
import type { ModelDescription } from "../../faces/recognizer.ts";
import { MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { pluginFiles } from "../plugins.ts";
import type { FromModel, PictureAnswer, PictureRequest, ToModel } from "./model.ts";

export interface ModelHost {
  /** of the process that answers, or answered last */
  readonly model: ModelDescription;
  /** how often a process was replaced */
  readonly replaced: number;
  /** undefined while there is no process with a loaded model */
  readonly pid: number | undefined;
  /** whether the batch in work takes longer than its patience */
  readonly isOverdue: boolean;
  /** Throws ModelGone when there is no process, or it dies or is killed before it has answered. */
  answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]>;
  close(): void;
}

/** The process died; whoever asks again is answered by the next one. */
export class ModelGone extends Error {
  override readonly name = "ModelGone";
}

/** Milliseconds that work may take. A process is overdue after them, and killed after twice as many. */
export interface Patience {
  /** any work */
  readonly base: number;
  /** to decode a picture and find its faces */
  readonly picture: number;
  /** to read a face that was found */
  readonly face: number;
  /** to explain a face */
  readonly explanation: number;
  /** to load the model again; never less than five times as long as the first time took */
  readonly start: number;
}

/** A face takes 0.02 to 1 second, by backbone and machine. */
export const usualPatience: Patience = {
  base: 20_000,
  picture: 5_000,
  face: 1_000,
  explanation: 30_000,
  start: 60_000,
};

/** To load the model the first time, which may download it. */
const firstStart = 3_600_000;

export interface ModelHostOptions {
  readonly recognizer: RecognizerConfig;
  readonly patience?: Patience;
  /** hears that a process has died and is replaced */
  readonly notice?: (line: string) => void;
  /** ends the loading */
  readonly signal?: AbortSignal | undefined;
}

/** Between a death and the next start, doubled after each start that failed; milliseconds. */
const pause = 500;
const longestPause = 30_000;

/** Resolves when the model is there. Throws what loading threw, INTERRUPTED where the signal ended it. */
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
  /** the process that is there, whatever it does */
  #child: ChildProcess | undefined;
  #isReady = false;
  #model: ModelDescription | undefined;
  #startPatience = firstStart;
  /** when the batch in work is overdue */
  #due = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#patience = options.patience ?? usualPatience;
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
    const begun = performance.now();
    const child = await this.#load();
    this.#startPatience = Math.max(this.#patience.start, 5 * (performance.now() - begun));
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

  /** Replaces the process as often as it dies. Never throws. */
  async #keep(first: ChildProcess): Promise<void> {
    for (let child: ChildProcess | undefined = first; child !== undefined; child = await this.#again()) {
      await ended(child);
      this.#isReady = false;
      if (this.#isClosed) return;
      this.replaced++;
      this.#say("the model's process died; a new one is starting");
    }
  }

  /** Tries until a process has loaded the model; undefined after `close`. */
  async #again(): Promise<ChildProcess | undefined> {
    for (let wait = pause; ; wait = Math.min(2 * wait, longestPause)) {
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

  /** A new process with its model. Where that fails or takes too long, the process is ended and the reason thrown. */
  async #load(): Promise<ChildProcess> {
    const recognizer = JSON.stringify(this.#options.recognizer, Object.keys(recognizerOptions.shape));
    const child = fork(processFile, [recognizer, ...pluginFiles()], {
      serialization: "advanced",
    });
    this.#child = child;
    try {
      this.#model = await firstWord(child, this.#startPatience);
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

/** Calls when a time is over that may be set anew. */
class Countdown {
  readonly #call: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: () => void) {
    this.#call = call;
  }

  set(milliseconds: number): void {
    clearTimeout(this.#timer);
    // The longest that a timer takes is a little less than 25 days.
    this.#timer = setTimeout(this.#call, Math.min(milliseconds, 2 ** 31 - 1));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Beside this file, as TypeScript in a checkout and as JavaScript in the package. */
const processFile = fileURLToPath(new URL(`./modelProcess${extname(import.meta.url)}`, import.meta.url));

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (hasEnded(child)) resolve();
    else child.once("exit", () => resolve());
  });
}

function firstWord(child: ChildProcess, patience: number): Promise<ModelDescription> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const what = `the model's process did not load the model within ${Math.round(patience / 1000)} seconds`;
      reject(new MpaError("RUNTIME", what));
    }, patience);
    const settle = (then: () => void) => {
      clearTimeout(timer);
      then();
    };
    child.once("message", (message: FromModel) =>
      settle(() => {
        if ("ready" in message) resolve(message.ready);
        else if ("failed" in message) reject(new MpaError(message.failed.code, message.failed.message));
      }),
    );
    // Also behind this: a process that cannot be told something says so here, and not told it would end this one.
    child.on("error", (error) => settle(() => reject(error)));
    child.once("exit", (code, signal) =>
      settle(() => {
        const what = `the model's process ended (${signal ?? code}) before the model was loaded`;
        reject(new MpaError("RUNTIME", what));
      }),
    );
  });
}

/** One batch there and its answers back; `found` hears how many faces are in it. */
function exchange(
  child: ChildProcess,
  batch: ToModel,
  found: (faces: number) => void,
  tooLong: AbortSignal,
): Promise<readonly PictureAnswer[]> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      child.off("exit", onExit);
      child.off("message", onMessage);
      then();
    };
    tooLong.addEventListener("abort", () => settle(() => reject(new ModelGone("the model took too long"))));
    const onExit = () => settle(() => reject(new ModelGone("the model's process died")));
    const onMessage = (message: FromModel) => {
      if ("found" in message) found(message.found);
      else if ("answers" in message) settle(() => resolve(message.answers));
    };
    child.on("exit", onExit);
    child.on("message", onMessage);
    if (hasEnded(child)) onExit();
    else child.send(batch, (error) => error && onExit());
  });
}
