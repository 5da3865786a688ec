/** `mpa-fer evaluate` */
import type { EvaluateConfig } from "../../config.ts";
import { classHeads, classRows } from "../../evaluation/classRows.ts";
import { percent } from "../../evaluation/percent.ts";
import { predictionsCsv } from "../../evaluation/predictionsCsv.ts";
import { evaluate } from "../../experiment/evaluate.ts";
import { writeFileAtomic } from "../../files.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: EvaluateConfig, context: CommandContext): Promise<void> {
  const { progress, signal } = context;
  const { evaluation, split, scores } = await evaluate(config, {
    progress,
    signal,
    notice: (line) => progress.note(line),
  });
  if (config.predictions !== undefined) {
    const files = scores.indices.map((i) => split.samples[i].file);
    const labels = scores.indices.map((i) => split.samples[i].label);
    const { classes } = split;
    await writeFileAtomic(
      config.predictions,
      predictionsCsv({ files, labels, classes, probabilities: scores.probabilities }),
    );
  }
  const { accuracy, uar, ece, n, seconds, intervals, abstention, temperature } = evaluation;
  const between = ([low, high]: readonly [number, number]) => `(${percent(low)} – ${percent(high)})`;
  const lines = [
    `${split.name}: ${n} images in ${seconds.toFixed(1)} s; in brackets 95 % bootstrap intervals`,
    `accuracy ${percent(accuracy)} ${between(intervals.accuracy)}`,
    `UAR      ${percent(uar)} ${between(intervals.uar)}`,
    `ECE      ${percent(ece)}${temperature === undefined ? "" : ` at temperature ${temperature.toFixed(3)}`}`,
    ...(abstention
      ? [`answers ${percent(abstention.coverage)} of the images, ${percent(abstention.accuracy)} of them rightly`]
      : []),
  ];
  await answer(evaluation, `${lines.join("\n")}\n\n${table(classHeads, classRows(evaluation))}`, config.json, context);
}
