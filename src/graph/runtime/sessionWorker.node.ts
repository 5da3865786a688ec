/** A thread that has a session of its own (`strands.ts`). */
import { parentPort, workerData } from "node:worker_threads";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { openSession } from "./session.node.ts";
import type { FromStrand, StrandData, ToStrand } from "./sessionPool.node.ts";

const say = (message: FromStrand): void => parentPort?.postMessage(message);

const failure = (error: unknown): FromStrand => ({
  failed: { code: error instanceof MpaError ? error.code : "RUNTIME", message: messageOf(error) },
});

const { model, options }: StrandData = workerData;
try {
  const session = await openSession(model, options);
  parentPort?.on("message", async (asked: ToStrand) => {
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
