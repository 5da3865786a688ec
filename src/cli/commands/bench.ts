/** `mpa-fer bench` */
import type { BenchConfig } from "../../config.ts";
import { bench } from "../../experiment/bench.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: BenchConfig, context: CommandContext): Promise<void> {
  const result = await bench(config, context);
  const { train_images_per_s, predict_images_per_s, batch, threads, provider, precision, rss_mb } = result;
  const lines = [
    `training    ${train_images_per_s.toFixed(2)} images/s`,
    `prediction  ${predict_images_per_s.toFixed(2)} images/s`,
    `${config.backbone}, ${precision}, ${provider}, ${threads} threads, batch ${batch}, peak memory ${rss_mb} MB`,
  ];
  await answer(result, lines.join("\n"), config.json, context);
}
