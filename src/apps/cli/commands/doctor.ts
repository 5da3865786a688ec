/** `mpa-fer doctor` */

import { checkDataset, type DatasetCheck } from "../../doctor/datasetCheck.ts";
import type { Duplicate } from "../../doctor/duplicates.ts";
import { checkMachine } from "../../doctor/machineCheck.ts";
import type { DoctorConfig } from "../../doctor/options.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: DoctorConfig, context: CommandContext): Promise<void> {
  const { data, dataset, labelRule, json } = config;
  if (data !== undefined && dataset !== undefined) {
    const { progress, signal } = context;
    const check = await checkDataset({ data, dataset, labelRule }, { progress, signal });
    // The text, which has them, is not printed.
    if (context.quiet) for (const line of check.notices) context.notice(line);
    await answer(check, datasetText(check), json, context);
    return;
  }
  const machine = await checkMachine();
  const rows = [
    ...Object.entries(machine.versions),
    ["processor", `${machine.processor}, ${machine.threads} threads`],
    ["memory", `${machine.memoryGb} GB, ${machine.freeMemoryGb} GB free`],
    ["providers", machine.providers.join(", ")],
    ...Object.entries(machine.adapters).map(([provider, adapter]) => [`adapter of ${provider}`, adapter]),
    ...machine.unusableProviders.map(({ provider, missing }) => [`no ${provider}`, missing]),
    ["backbone", `${machine.backbone.name}, ${machine.backbone.sha256.slice(0, 12)}…`],
  ];
  await answer(machine, table(["", ""], rows).trimStart(), json, context);
}

/** Maximum number of pairs printed; the JSON has all of them. */
const shown = 10;

function datasetText({ splits, missing, notices, duplicates, acrossSplits, contradictions }: DatasetCheck): string {
  const [{ classes }] = splits;
  const counts = table(
    ["class", ...splits.map(({ split }) => split)],
    [
      ...classes.map((name) => [name, ...splits.map(({ counts }) => counts[name] ?? 0)]),
      ["all", ...splits.map(({ images }) => images)],
      ["left out by the label rule", ...splits.map(({ leftOut }) => leftOut)],
      ["files passed over", ...splits.map(({ passedOver }) => sum(Object.values(passedOver)))],
      ["unreadable", ...splits.map(({ unreadable }) => unreadable.length)],
      ["largest class : smallest", ...splits.map(({ imbalance }) => imbalance.toFixed(1))],
    ],
  );
  const unreadable = splits.flatMap((split) => split.unreadable.map(({ message }) => `unreadable: ${message}`));
  return [
    counts,
    ...notices,
    ...missing.map(({ split, reason }) => `no ${split} split: ${reason}`),
    ...unreadable.slice(0, shown),
    `${duplicates.length} pairs of the same picture or nearly so: ${acrossSplits} between two splits, ${contradictions} with two labels`,
    ...worstFirst(duplicates).slice(0, shown).map(pairText),
  ].join("\n");
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Pairs between splits and with two labels do the most harm. */
const worstFirst = (pairs: readonly Duplicate[]): Duplicate[] => {
  const harm = ({ first, second }: Duplicate) =>
    Number(first.split !== second.split) + Number(first.label !== second.label);
  return pairs.toSorted((a, b) => harm(b) - harm(a) || a.distance - b.distance);
};

function pairText({ first, second, distance, samePixels }: Duplicate): string {
  const how = samePixels ? "same pixels" : `${distance} of 256 bits apart`;
  return `  ${first.split}/${first.file} (${first.label}) = ${second.split}/${second.file} (${second.label}), ${how}`;
}
