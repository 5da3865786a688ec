/** `mpa-fer bench` */

import { percent } from "../../../evaluation/rows.ts";
import { bench, type TrainingProfile } from "../../../runs/bench/bench.ts";
import { estimateBench } from "../../../runs/bench/estimate.ts";
import type { BenchConfig } from "../../../runs/bench/options.ts";
import type { CommandContext } from "../command.ts";
import { announcedSeconds, benchLines, benchTimeLine, shortening } from "../estimateText.ts";
import { answer, table } from "../output.ts";

export async function run(config: BenchConfig, context: CommandContext): Promise<void> {
  const { argv, progress, signal, notice, quiet } = context;
  const shared = { progress, signal, notice };
  if (config.estimate) {
    const estimate = await estimateBench(config, shared);
    const shorter = await shortening(estimate, argv);
    await answer({ ...estimate, ...shorter }, benchLines(estimate, shorter).join("\n"), config.json, context);
    return;
  }
  const result = await bench(config, shared, (work, seconds) => {
    if (!quiet && seconds > announcedSeconds) progress.note(benchTimeLine(work, config.steps, seconds));
  });
  const { train_images_per_s, predict_images_per_s, host_ms_per_image } = result;
  const { batch, threads, precision, rss_mb } = result;
  const provider = result.adapter === undefined ? result.provider : `${result.provider} (${result.adapter})`;
  const lines = [
    ...rateLine("training  ", train_images_per_s),
    ...rateLine("prediction", predict_images_per_s),
    ...(host_ms_per_image === undefined
      ? []
      : [`augmentation  ${host_ms_per_image.toFixed(2)} ms an image of the thread that feeds a training`]),
    `${config.backbone}, ${precision}, ${provider}, ${threads} threads, batch ${batch}, peak memory ${rss_mb} MB`,
  ];
  if (result.profile !== undefined) lines.push("", profileText(result.profile));
  await answer(result, lines.join("\n"), config.json, context);
}

const rateLine = (what: string, rate: number | undefined): string[] =>
  rate === undefined ? [] : [`${what}  ${rate.toFixed(2)} images/s`];

function profileText({ image_tower_ms, text_tower_ms, text_share, operators }: TrainingProfile): string {
  const all = image_tower_ms + text_tower_ms;
  const row = (name: string, calls: string, ms: number) => [name, calls, ms.toFixed(1), percent(ms / all)];
  const rows = operators
    .filter(({ ms }) => ms / all >= 0.002)
    .map(({ name, calls, ms }) => row(name, calls.toFixed(0), ms));
  const towers = [row("image encoder and losses", "", image_tower_ms), row("text encoder", "", text_tower_ms)];
  return `text encoder ${percent(text_share)} of a training step\n\n${table(["operator", "calls", "ms a step", "share"], [...rows, ...towers])}`;
}
