/** Starts a thread from a file of this room: JavaScript in the package, TypeScript in a checkout. */
import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

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
