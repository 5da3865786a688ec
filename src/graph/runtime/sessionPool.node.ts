/**
 * Several threads of one process that each have a session of the same graph, for work on many images: what two threads share
 * node by node leaves both waiting for the slower one and for nodes that run on one thread, what each does by itself does not.
 */
import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { Limiter } from "../../platform/async.ts";
import { type ErrorCode, MpaError } from "../../platform/errors.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import type { OnnxModel } from "../onnx.ts";
import type { Shape } from "../tensor.ts";
import type { Feeds, Results, Session, SessionOptions } from "./session.ts";

/* Starts a thread from a file of this room: JavaScript in the package, TypeScript in a checkout. */

/** `name` without its extension; `workerData` is what the thread finds there. */
export function startThread(name: string, workerData: unknown): Worker {
  const extension = extname(import.meta.url);
  const file = new URL(`./${name}${extension}`, import.meta.url);
  if (extension !== ".ts") return new Worker(file, { workerData });
  // A thread does not inherit what lets its process read TypeScript.
  const reader = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm"));
  const source = `require("node:module").register("${reader}", { data: {} }); import("${file}")`;
  return new Worker(source, { workerData, eval: true });
}

/* What a thread with a session and the thread that asks it say to each other. */

/** What the thread starts with; it answers `ready` or `failed`. */
export interface WorkerSetup {
  readonly model: OnnxModel;
  readonly options: SessionOptions;
}

/** A run, answered by its results, or the end, answered by `ready`. */
export type ToWorker = { readonly feeds: Feeds; readonly shapes?: Readonly<Record<string, Shape>> } | "close";

export type FromWorker =
  | { readonly ready: true }
  | { readonly results: Results }
  | { readonly failed: { readonly code: ErrorCode; readonly message: string } };

/** The session of which `concurrency` runs go on at a time; more wait for one to end. Throws RUNTIME. */
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
      // Copied before anything is waited for: the caller may fill its arrays anew. A view's whole buffer would go along.
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

/** One thread with its session; what it is asked is done in turn. */
class SessionWorker {
  readonly opened: Promise<unknown>;
  readonly #thread: Worker;
  readonly #asked: Waiting[] = [];
  #broken: Error | undefined;

  constructor(data: WorkerSetup) {
    this.#thread = startThread("sessionWorker.node", data);
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

  /** The feeds' buffers become the thread's own. */
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
