/** A reproduction's record as Markdown. */

import { percent, percentRange } from "../../evaluation/rows.ts";
import { durationText } from "../../platform/clock.ts";
import { counted } from "../../platform/counts.ts";
import { code, joined, markdown, table } from "../../platform/markdown.ts";
import type { ReproductionRecord } from "./record.ts";

/** Renders the record. */
export function recordMarkdown(record: ReproductionRecord): string {
  const { dataset, runs, deviations, isReproduction, backbone, machine, data, command, scored, selection } = record;
  const title = isReproduction
    ? markdown`# Reproduction of ${dataset}`
    : markdown`# Trial on ${dataset}, not a reproduction`;
  const lines = [
    ...deviations.map((each) => markdown`- Differs from the paper: ${each}.`),
    markdown`- Epoch chosen on ${selection}, scored on ${scored}${selection === scored ? ": not a figure of unseen data" : ""}.`,
    markdown`- Backbone: ${backbone.published ?? backbone.name}, weights ${backbone.sha256.slice(0, 16)}; checks: ${backbone.checks.ok} ok, ${backbone.checks.failed.length} failed, ${backbone.checks.unknown.length} unknown.`,
    markdown`- Data: ${Object.entries(data)
      .map(([name, { images, index }]) => `${name} ${counted(images, "image")} (index ${index.slice(0, 8)})`)
      .join(", ")}.`,
    markdown`- Machine: ${[machine.processor, machine.adapter, machine.provider].filter(Boolean).join(", ")}; mpa-fer ${record.versions["mpa-fer"]}.`,
    markdown`- Command: ${code(command)}`,
  ];
  const rows = runs.map(({ seed, accuracy, uar, intervals, seconds }) => [
    ...[markdown`${seed}`, markdown`${percent(accuracy)} (${percentRange(intervals.accuracy)})`],
    ...[markdown`${percent(uar)} (${percentRange(intervals.uar)})`, markdown`${durationText(seconds)}`],
  ]);
  const parts = [
    title,
    table(["", "accuracy", "UAR"], summaryRows(record)),
    table(["seed", "accuracy (95 % interval)", "UAR (95 % interval)", "time"], rows),
    joined(lines, "\n"),
  ];
  return `${joined(parts, "\n\n").text}\n`;
}

function summaryRows({ paper, accuracy, uar, difference, runs }: ReproductionRecord) {
  const spread = ({ mean, sd }: { mean: number; sd?: number | undefined }) =>
    sd === undefined ? percent(mean) : `${percent(mean)} ± ${(100 * sd).toFixed(2)}`;
  const papers = Object.entries(paper.accuracy).map(([name, value]) => [
    ...[markdown`the paper, ${name} (${paper.source})`, markdown`${value.toFixed(2)} %`, markdown``],
  ]);
  const own = [
    markdown`this record, ${counted(runs.length, "seed")}`,
    markdown`${spread(accuracy)}`,
    markdown`${spread(uar)}`,
  ];
  const gap =
    difference === undefined ? [] : [[markdown`difference, points`, markdown`${difference.toFixed(2)}`, markdown``]];
  return [...papers, own, ...gap];
}
