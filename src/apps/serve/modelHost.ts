/** Keeps a model process: starts it, hands it pictures, and replaces it when it dies or hangs. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type RecognizerConfig, recognizerOptions } from "../../faces/options.node.ts";
import type { ModelDescription } from "../../faces/recognizer.ts";
import { MpaError } from "../../platform/errors.ts";
import { pluginFiles } from "../plugins.ts";
import type { FromModel, PictureAnswer, PictureRequest } from "./model.ts";

export interface ModelHost {
  /** of the process that answers, or answered last */
  readonly model: ModelDescription;
  /** how often a process was replaced */
  readonly replaced: number;
  /** undefined while a new process is starting */
  readonly pid: number | undefined;
  /** Throws ModelGone when the process dies before it has answered, or takes longer than it may. */
  answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]>;
  close(): void;
}

/** The process died; whoever asks again is answered by the next one. */
export class ModelGone extends Error {
  override readonly name = "ModelGone";
}

export interface ModelHostOptions {
  readonly recognizer: RecognizerConfig;
  /** milliseconds after which a batch counts as hanging; default 60,000 */
  readonly patience?: number;
  /** hears that a process has died and is replaced */
  readonly notice?: (line: string) => void;
}

/** Between one death and the next start, so that a process that dies at once does not keep the machine busy. */
const pause = 500;

/** Resolves when the model is there. Throws what loading threw. */
export async function startModelHost(options: ModelHostOptions): Promise<ModelHost> {
  const host = new ProcessHost(options);
  try {
    await host.start();
    return host;
  } catch (error) {
    host.close();
    throw error;
  }
}

class ProcessHost implements ModelHost {
  replaced = 0;
  readonly #options: ModelHostOptions;
  #child: ChildProcess | undefined;
  #ready: Promise<ModelDescription> | undefined;
  #model: ModelDescription | undefined;
  #isClosed = false;

  constructor(options: ModelHostOptions) {
    this.#options = options;
  }

  get model(): ModelDescription {
    if (this.#model === undefined) throw new MpaError("INTERNAL", "the model is asked for before it is there");
    return this.#model;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const recognizer = JSON.stringify(this.#options.recognizer, Object.keys(recognizerOptions.shape));
    const child = fork(processFile, [recognizer, ...pluginFiles()], {
      serialization: "advanced",
    });
    const ready = firstWord(child);
    ready.catch(() => undefined);
    this.#child = child;
    this.#ready = ready;
    child.once("exit", () => this.#replace(child));
    this.#model = await ready;
  }

  async answer(pictures: readonly PictureRequest[]): Promise<readonly PictureAnswer[]> {
    const child = this.#child;
    if (child === undefined) throw new ModelGone("the model is being started again");
    await this.#ready?.catch(() => {
      throw new ModelGone("the model could not be started again");
    });
    return await exchange(child, pictures, this.#options.patience ?? 60_000);
  }

  close(): void {
    this.#isClosed = true;
    this.#child?.kill("SIGKILL");
  }

  #replace(dead: ChildProcess): void {
    if (this.#isClosed || this.#model === undefined || dead !== this.#child) return;
    this.#child = undefined;
    this.replaced++;
    this.#options.notice?.("the model's process died; a new one is starting");
    setTimeout(() => {
      if (!this.#isClosed) this.start().catch(() => this.#child?.kill("SIGKILL"));
    }, pause).unref();
  }
}

/** Beside this file, as TypeScript in a checkout and as JavaScript in the package. */
const processFile = fileURLToPath(new URL(`./modelProcess${extname(import.meta.url)}`, import.meta.url));

function firstWord(child: ChildProcess): Promise<ModelDescription> {
  return new Promise((resolve, reject) => {
    child.once("message", (message: FromModel) => {
      if ("ready" in message) resolve(message.ready);
      else if ("failed" in message) reject(new MpaError(message.failed.code, message.failed.message));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new MpaError("RUNTIME", `the model's process ended (${signal ?? code}) before the model was loaded`));
    });
  });
}

/** One batch there and its answers back; a process that hangs is killed. */
function exchange(
  child: ChildProcess,
  pictures: readonly PictureRequest[],
  patience: number,
): Promise<readonly PictureAnswer[]> {
  return new Promise((resolve, reject) => {
    const onExit = () => settle(() => reject(new ModelGone("the model's process died")));
    const onMessage = (message: FromModel) => {
      if ("answers" in message) settle(() => resolve(message.answers));
    };
    const timer = setTimeout(() => child.kill("SIGKILL"), patience);
    const settle = (then: () => void) => {
      clearTimeout(timer);
      child.off("exit", onExit);
      child.off("message", onMessage);
      then();
    };
    child.on("exit", onExit);
    child.on("message", onMessage);
    if (child.exitCode !== null || child.signalCode !== null) onExit();
    else child.send({ pictures }, (error) => error && onExit());
  });
}
