/** A worker thread of the session pool (`sessionPool.node.ts`): one session, run by messages. */
import { parentPort, workerData } from "node:worker_threads";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { openSession } from "./session.node.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./sessionPool.node.ts";

const say = (message: FromWorker): void => parentPort?.postMessage(message);

const failure = (error: unknown): FromWorker => ({
  failed: { code: error instanceof MpaError ? error.code : "RUNTIME", message: messageOf(error) },
});

const { model, options }: WorkerSetup = workerData;
try {
  const session = await openSession(model, options);
  parentPort?.on("message", async (asked: ToWorker) => {
    try {
      if (asked !== "close") return say({ results: await session.run(asked.feeds, asked.shapes) });
      await session.dispose();
      return say({ ready: true });
    } catch (error) {
      return say(failure(error));
    }
  });
  say({ ready: true });
} catch (error) {
  say(failure(error));
}
