/** `mpa-fer predict` */
import type { PredictConfig } from "../../predict/options.ts";
import { openPredictions } from "../../predict/predict.ts";
import type { CommandContext } from "../command.ts";
import { openOutputs } from "../predictionOutputs.ts";

/** Returns exit code 1 if a picture could not be read; the other pictures are still answered. */
export async function run(config: PredictConfig, context: CommandContext): Promise<number> {
  const { progress, signal, notice } = context;
  const predictions = await openPredictions(config, { progress, signal, notice });
  const outputs = await openOutputs(config, predictions, context);
  let bad = 0;
  try {
    for await (const predicted of predictions.each()) {
      if (predicted.answer.error !== undefined) bad++;
      for (const output of outputs) await output.add(predicted);
    }
    for (const output of outputs) {
      const line = await output.finish();
      if (line !== undefined) progress.note(line);
    }
    return bad > 0 ? 1 : 0;
  } finally {
    await predictions.dispose();
    for (const output of outputs) await output.dispose();
  }
}
