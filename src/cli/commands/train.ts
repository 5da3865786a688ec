/** `mpa-fer train` */
import type { TrainConfig } from "../../config.ts";
import { percent } from "../../evaluation/percent.ts";
import { train } from "../../experiment/train.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: TrainConfig, context: CommandContext): Promise<void> {
  const { progress, signal } = context;
  const result = await train(config, { progress, signal, notice: (line) => progress.note(line) });
  const { best, metrics, out, steps, seconds } = result;
  const scores =
    metrics && best
      ? `best epoch ${best.epoch + 1}: validation accuracy ${percent(metrics.accuracy)}, UAR ${percent(metrics.uar)}`
      : "not validated";
  await answer(result, `${steps} steps in ${seconds.toFixed(1)} s, ${scores}\n${out}`, config.json, context);
}
