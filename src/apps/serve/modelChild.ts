/** Child process of the model: its start, and the messages exchanged with it. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModelDescription } from "../../faces/recognizer.ts";
import { MpaError } from "../../platform/errors.ts";
import type { FromModel, PictureAnswer, ToModel } from "./model.ts";

/** Error of a process that died; a retry is answered by its replacement. */
export class ModelGone extends Error {
  override readonly name = "ModelGone";
}

/** Starts the process with these arguments. */
export function startChild(args: readonly string[]): ChildProcess {
  return fork(processFile, args, { serialization: "advanced" });
}

/** Resolves when the process has exited. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (hasEnded(child)) resolve();
    else child.once("exit", () => resolve());
  });
}

/**
 * Description of the model, which the process sends once it is loaded. Rejects with the error of loading, or RUNTIME if the process exits or
 * `patience` milliseconds pass first.
 */
export function modelLoaded(child: ChildProcess, patience: number): Promise<ModelDescription> {
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
    // Stays attached after settling: a failed `send` emits "error", which unhandled would end this process.
    child.on("error", (error) => settle(() => reject(error)));
    child.once("exit", (code, signal) =>
      settle(() => {
        const what = `the model's process ended (${signal ?? code}) before the model was loaded`;
        reject(new MpaError("RUNTIME", what));
      }),
    );
  });
}

/** Sends a batch and resolves to its answers. Rejects with `ModelGone` if the process exits or `tooLong` aborts; `found` receives the number of faces. */
export function exchange(
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

/** Entry file of the process, beside this one: TypeScript in a checkout, JavaScript in the package. */
const processFile = fileURLToPath(new URL(`./modelProcess${extname(import.meta.url)}`, import.meta.url));

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
