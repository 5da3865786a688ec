/** `mpa-fer lr-range` */

import { counted } from "../../../platform/counts.ts";
import { lrRange } from "../../../runs/lrRange/lrRange.ts";
import type { LrRangeConfig } from "../../../runs/lrRange/options.ts";
import { rateText } from "../../../runs/report/lrRangeReport.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: LrRangeConfig, context: CommandContext): Promise<void> {
  const { progress, signal } = context;
  const result = await lrRange(config, { progress, signal, notice: (line) => progress.note(line) });
  const { points, suggestion, ended } = result;
  const lines = [
    `${counted(points.length, "step")} from ${rateText(config.minLr)} to ${rateText(points.at(-1)?.lr ?? config.minLr)}`,
    ...(ended ? [`ended early: ${ended}`] : []),
    ...(suggestion
      ? [
          `the loss is lowest at ${rateText(suggestion.atLowest)} and falls fastest at ${rateText(suggestion.atSteepest)}`,
          `suggested: --lr ${rateText(suggestion.lr)}, a tenth of the rate at the lowest loss`,
        ]
      : [
          "no suggestion: the loss fell by no more than its noise; take more --steps, a larger --batch-size or another range",
        ]),
    config.out,
  ];
  await answer(result, lines.join("\n"), config.json, context);
}
