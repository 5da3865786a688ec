/** The process with the model: the server starts it, and it may die without taking the server along. */
import { loadPlugin } from "../plugins/loadPlugin.ts";
import type { RecognizerOptions } from "../recognise/expressionRecognizer.ts";
import type { FromModel, ToModel } from "./messages.ts";
import { failureOf, openServedModel } from "./servedModel.ts";

// A Ctrl-C on the terminal reaches every process; the server decides when this one ends.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit());

const say = (message: FromModel): void => {
  process.send?.(message);
};

try {
  const [, , recognizer, ...plugins] = process.argv;
  const options: RecognizerOptions = JSON.parse(recognizer);
  for (const file of plugins) await loadPlugin(file);
  const served = await openServedModel(options);
  process.on("message", async ({ pictures }: ToModel) => say({ answers: await served.answer(pictures) }));
  say({ ready: served.model });
} catch (error) {
  say({ failed: failureOf(error) });
}
