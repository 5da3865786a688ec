/** Entry point of the model process, separate so that a crash does not take the server down. */

import type { RecognizerConfig } from "../../faces/options.node.ts";
import { loadPlugin } from "../plugins.ts";
import { type FromModel, failureOf, openServedModel, type ToModel } from "./model.ts";

// Ctrl-C on a terminal reaches every process of the group; the server decides when this one exits.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit());

const say = (message: FromModel): void => {
  process.send?.(message);
};

try {
  const [, , recognizer, ...plugins] = process.argv;
  // The server has validated it.
  const config: RecognizerConfig = JSON.parse(recognizer);
  for (const file of plugins) await loadPlugin(file);
  const served = await openServedModel(config);
  process.on("message", async ({ pictures }: ToModel) =>
    say({ answers: await served.answer(pictures, (faces) => say({ found: faces })) }),
  );
  say({ ready: served.model });
} catch (error) {
  say({ failed: failureOf(error) });
}
