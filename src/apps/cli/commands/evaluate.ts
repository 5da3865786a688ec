/** `mpa-fer evaluate` */

import { predictionsCsv } from "../../../evaluation/predictions.ts";
import {
  classHeads,
  classRows,
  distributionLines,
  intervalKind,
  mapLines,
  percent,
  percentRange,
  sliceHeads,
  sliceRows,
} from "../../../evaluation/rows.ts";
import type { Slice } from "../../../evaluation/slices.ts";
import { counted } from "../../../platform/counts.ts";
import { writeFileAtomic } from "../../../platform/files.node.ts";
import { evaluate } from "../../../runs/evaluate/evaluate.ts";
import type { Evaluation } from "../../../runs/evaluate/figures.ts";
import type { EvaluateConfig } from "../../../runs/evaluate/options.ts";
import { predictionTable, writeEvaluationReport } from "../../../runs/evaluate/report.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: EvaluateConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await evaluate(config, { progress, signal, notice });
  if (config.predictions !== undefined) {
    await writeFileAtomic(config.predictions, predictionsCsv(predictionTable(result)));
  }
  if (config.report !== undefined) await writeEvaluationReport(config.report, config, result);
  const { evaluation } = result;
  const text = [
    headlines(evaluation).join("\n"),
    table(classHeads, classRows(evaluation)),
    ...(evaluation.slices ?? []).map(sliceText),
  ];
  await answer(evaluation, text.join("\n\n").replaceAll("\n\n\n", "\n\n"), config.json, context);
}

function headlines(evaluation: Evaluation): string[] {
  const { split, accuracy, uar, ece, n, seconds, intervals, abstention, temperature, protocol, distribution } =
    evaluation;
  return [
    `${split}: ${counted(n, "image")} in ${seconds.toFixed(1)} s; in brackets the ${intervalKind(intervals)}`,
    `accuracy ${percent(accuracy)} (${percentRange(intervals.accuracy)})`,
    `UAR      ${percent(uar)} (${percentRange(intervals.uar)})`,
    `ECE      ${percent(ece)}${temperature === undefined ? "" : ` at temperature ${temperature.toFixed(3)}`}`,
    ...distributionLines(distribution),
    ...(abstention
      ? [`answers ${percent(abstention.coverage)} of the images, ${percent(abstention.accuracy)} of them rightly`]
      : []),
    ...mapLines(evaluation),
    ...(protocol ? [`not a figure of unseen data; ${protocol}`] : []),
  ];
}

function sliceText(slice: Slice): string {
  const unknown = slice.unknown > 0 ? `${counted(slice.unknown, "image")} without a value\n` : "";
  return `by ${slice.column}, with 95 % Wilson intervals\n${table(sliceHeads, sliceRows(slice))}${unknown}`;
}
