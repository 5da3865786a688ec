/** `mpa-fer train` */

import type { Interval } from "../../../evaluation/intervals.ts";
import { epochNumber, intervalKind, percent, percentRange } from "../../../evaluation/rows.ts";
import { counted } from "../../../platform/counts.ts";
import type { TrainConfig } from "../../../runs/options.ts";
import { estimateTraining, type TrainingEstimate } from "../../../runs/train/estimate.ts";
import { train } from "../../../runs/train/train.ts";
import type { CommandContext } from "../command.ts";
import { shortening, trainingLines } from "../estimateText.ts";
import { answer } from "../output.ts";

/** Returns exit code 1 if a replayed run gave a different result. */
export async function run(config: TrainConfig, context: CommandContext): Promise<number> {
  const { argv, progress, signal, notice, quiet } = context;
  const shared = { progress, signal, notice };
  if (config.estimate) {
    const estimate = await estimateTraining(config, shared);
    const shorter = await shorteningOf(estimate, argv);
    await answer({ ...estimate, ...shorter }, trainingLines(estimate, shorter).join("\n"), config.json, context);
    return 0;
  }
  const announce = async (estimate: TrainingEstimate) => {
    for (const line of trainingLines(estimate, await shorteningOf(estimate, argv))) progress.note(line);
  };
  const result = await train(config, shared, quiet ? undefined : announce);
  const { best, metrics, intervals, out, selection, protocol, steps, seconds, sameBits, parts, stopped, endedEarly } =
    result;
  const split = selection === "valid" ? "validation" : "test";
  const sure = (interval: Interval | undefined) => (interval ? ` (${percentRange(interval)})` : "");
  const scores =
    metrics && best
      ? [
          `best epoch ${epochNumber(best.epoch)} on the ${split} split, in brackets the ${intervalKind(intervals)}:`,
          `accuracy ${percent(metrics.accuracy)}${sure(intervals?.accuracy)}`,
          `UAR      ${percent(metrics.uar)}${sure(intervals?.uar)}`,
        ]
      : ["not validated"];
  const replay =
    sameBits === undefined
      ? []
      : [sameBits ? "the same bits as the run that was replayed" : "other bits than the run that was replayed"];
  const lines = [
    `${counted(steps, "step")} in ${seconds.toFixed(1)} s`,
    ...(stopped ? [`stopped by ${stopped.by}: ${stopped.reason}; --resume goes on`] : []),
    ...(endedEarly ? [`ended early: ${endedEarly} (--patience)`] : []),
    ...scores,
    ...(protocol ? [protocol] : []),
    ...replay,
    ...(parts ? [`parts of steps that helpers computed: ${parts.helped}, given away again: ${parts.repeated}`] : []),
    out,
  ];
  await answer(result, lines.join("\n"), config.json, context);
  return sameBits === false ? 1 : 0;
}

const shorteningOf = ({ provider, seconds }: TrainingEstimate, argv: readonly string[]) =>
  shortening({ provider, seconds: seconds?.total }, argv);
