/** `mpa-fer predict` */
import type { PredictConfig } from "../../config.ts";
import { percent } from "../../evaluation/percent.ts";
import { predict } from "../../experiment/predict.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

/** Exit code 1 where an image was bad; the others are answered all the same. */
export async function run(config: PredictConfig, context: CommandContext): Promise<number> {
  const { progress, signal } = context;
  const answers = await predict(config, { progress, signal });
  const rows = answers.flatMap(({ file, faces, error }) =>
    error === undefined ? faces.map(({ label, score }) => [file, label, percent(score)]) : [[file, "error", error]],
  );
  await answer(answers, table(["file", "expression", "probability"], rows), config.json, context);
  return answers.some(({ error }) => error !== undefined) ? 1 : 0;
}
