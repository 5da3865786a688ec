/** The process with the model: the server starts it, and it may die without taking the server along. */

import type { RecognizerConfig } from "../../faces/options.node.ts";
import { loadPlugin } from "../plugins.ts";
import { type FromModel, failureOf, openServedModel, type ToModel } from "./model.ts";

// A Ctrl-C on the terminal reaches every process; the server decides when this one ends.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit());

const say = (message: FromModel): void => {
  process.send?.(message);
};

try {
  const [, , recognizer, ...plugins] = process.argv;
  // The server has checked them.
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
