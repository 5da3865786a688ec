/**
 * A pool of sessions of one graph, each in a worker thread, for work on many images. Two threads that share every node wait for the
 * slower one, and for nodes that run on one thread; two sessions of one thread each do not.
 */

import { Worker } from "node:worker_threads";
import { Limiter } from "../../platform/async.ts";
import { type ErrorCode, MpaError } from "../../platform/errors.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import type { OnnxModel } from "../onnx.ts";
import type { Shape } from "../tensor.ts";
import type { Feeds, Results, Session, SessionOptions } from "./session.ts";

/** Data of a worker when it starts; it answers `ready` or `failed`. */
export interface WorkerSetup {
  readonly model: OnnxModel;
  readonly options: SessionOptions;
}

/** A run, which the worker answers by its results, or the end, answered by `ready`. */
export type ToWorker = { readonly feeds: Feeds; readonly shapes?: Readonly<Record<string, Shape>> } | "close";

export type FromWorker =
  | { readonly ready: true }
  | { readonly results: Results }
  | { readonly failed: { readonly code: ErrorCode; readonly message: string } };

/** A session that works on `poolSize` runs at a time; further ones wait for one to end. Throws RUNTIME. */
export async function openSessionPool(model: OnnxModel, options: SessionOptions): Promise<Session> {
  const { poolSize: count = 1, threads = count, profilePrefix } = options;
  const each = { ...options, poolSize: 1, threads: Math.max(1, Math.floor(threads / count)) };
  const workers = Array.from(
    { length: count },
    (_, i) =>
      new SessionWorker({ model, options: { ...each, profilePrefix: profilePrefix && `${profilePrefix}-${i}` } }),
  );
  const lifetime = new Lifetime("the session", () => Promise.all(workers.map((worker) => worker.close())));
  const opened = await Promise.allSettled(workers.map((worker) => worker.opened));
  const failed = opened.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await lifetime.dispose();
    throw failed.reason;
  }
  const idle = [...workers];
  const turns = new Limiter(count);
  const run = async (feeds: Feeds, shapes: Parameters<Session["run"]>[1]): Promise<Results> => {
    const worker = idle.pop();
    if (worker === undefined) throw new MpaError("INTERNAL", "more runs than threads");
    try {
      return await worker.run(feeds, shapes);
    } finally {
      idle.push(worker);
    }
  };
  return {
    concurrency: count,
    run: (feeds, shapes) => {
      // Copied before anything is awaited, since the caller may reuse its arrays; of a view, its whole buffer would be transferred.
      const copies = Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, values.slice()]));
      return lifetime.use(() => turns.run(() => run(copies, shapes)));
    },
    dispose: () => lifetime.dispose(),
  };
}

interface Waiting {
  resolve(answer: Results | undefined): void;
  reject(error: Error): void;
}

/** One worker thread with its session; it answers in the order in which it is asked. */
class SessionWorker {
  readonly opened: Promise<unknown>;
  readonly #thread: Worker;
  readonly #asked: Waiting[] = [];
  #broken: Error | undefined;

  constructor(data: WorkerSetup) {
    // Spelled out, so that bundlers see the worker. In a checkout this file is a stub that starts the TypeScript source.
    this.#thread = new Worker(new URL("./sessionWorker.node.js", import.meta.url), { workerData: data, ...flags() });
    this.#thread.on("message", (answer: FromWorker) => {
      const asked = this.#asked.shift();
      if (this.#asked.length === 0) this.#thread.unref();
      if ("failed" in answer) asked?.reject(new MpaError(answer.failed.code, answer.failed.message));
      else asked?.resolve("results" in answer ? answer.results : undefined);
    });
    this.#thread.on("error", (error) => this.#fail(error));
    this.#thread.on("exit", (code) => this.#fail(new Error(`exit code ${code}`)));
    this.opened = this.#answer();
  }

  /** The feeds' buffers are transferred to the thread. */
  async run(feeds: Feeds, shapes: Parameters<Session["run"]>[1]): Promise<Results> {
    const answer = this.#answer();
    const buffers = Object.values(feeds).map(({ buffer }) => buffer);
    this.#say(
      { feeds, shapes },
      buffers.filter((buffer) => buffer instanceof ArrayBuffer),
    );
    const results = await answer;
    if (results === undefined) throw new MpaError("INTERNAL", "a thread answered without results");
    return results;
  }

  async close(): Promise<void> {
    if (this.#broken === undefined) {
      const answer = this.#answer();
      this.#say("close");
      await answer.catch(() => undefined);
    }
    await this.#thread.terminate();
  }

  #say(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread.postMessage(message, [...transfer]);
  }

  /** The next answer; a thread that owes one keeps the process alive. */
  #answer(): Promise<Results | undefined> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    this.#thread.ref();
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  #fail(cause: Error): void {
    this.#broken ??= new MpaError("RUNTIME", `a thread of the model ended: ${cause.message}`, { cause });
    for (const { reject } of this.#asked.splice(0)) reject(this.#broken);
  }
}

/** A thread inherits Node's flags, and one of a program that was given as text (`node --input-type=module -e …`) refuses its file. */
const flags = (): { execArgv?: string[] } =>
  process.execArgv.some((flag) => flag.startsWith("--input-type")) ? { execArgv: [] } : {};
