/** `mpa-fer train` */

import type { Interval } from "../../../evaluation/intervals.ts";
import { epochNumber, intervalKind, percent, percentRange } from "../../../evaluation/rows.ts";
import type { TrainConfig } from "../../../runs/options.ts";
import { train } from "../../../runs/train/train.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

/** Returns exit code 1 if a replayed run gave a different result. */
export async function run(config: TrainConfig, context: CommandContext): Promise<number> {
  const { progress, signal, notice } = context;
  const result = await train(config, { progress, signal, notice });
  const { best, metrics, intervals, out, selection, protocol, steps, seconds, sameBits, parts, stopped } = result;
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
    `${steps} steps in ${seconds.toFixed(1)} s`,
    ...(stopped ? [`stopped by ${stopped.by}: ${stopped.reason}; --resume goes on`] : []),
    ...scores,
    ...(protocol ? [protocol] : []),
    ...replay,
    ...(parts ? [`${parts.helped} parts of steps came from helpers, ${parts.repeated} were given away again`] : []),
    out,
  ];
  await answer(result, lines.join("\n"), config.json, context);
  return sameBits === false ? 1 : 0;
}
