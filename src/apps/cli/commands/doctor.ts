/** `mpa-fer doctor` */

import { defaultBackbone } from "../../../clip/backbone.ts";
import { counted, numberText } from "../../../platform/counts.ts";
import { checkDataset, type DatasetCheck } from "../../doctor/datasetCheck.ts";
import type { Duplicate } from "../../doctor/duplicates.ts";
import { checkMachine, type MachineCheck } from "../../doctor/machineCheck.ts";
import type { DoctorConfig } from "../../doctor/options.ts";
import { type ProviderTrials, type Recommendation, tryProviders } from "../../doctor/providerTrials.ts";
import { type Trial, trialBatch } from "../../doctor/trial.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: DoctorConfig, context: CommandContext): Promise<void> {
  const { data, dataset, labelRule, json } = config;
  const { progress, signal } = context;
  if (data !== undefined && dataset !== undefined) {
    const check = await checkDataset({ data, dataset, labelRule }, { progress, signal });
    // The text, which has them, is not printed.
    if (context.quiet) for (const line of check.notices) context.notice(line);
    await answer(check, datasetText(check), json, context);
    return;
  }
  const machine = await checkMachine();
  const tried = await tryProviders(machine.providers, { progress, signal });
  await answer({ ...machine, ...tried }, machineText(machine, tried), json, context);
}

/** Text of a machine and the trials of its providers, a row for each property. */
export function machineText(machine: MachineCheck, { trials, recommended }: ProviderTrials): string {
  const { graphicsAdapters } = machine;
  const rows = [
    ...Object.entries(machine.versions),
    ["processor", `${machine.processor}, ${machine.threads} threads`],
    ["memory", `${machine.memoryGb} GB, ${machine.freeMemoryGb} GB free`],
    ...(graphicsAdapters.length === 0 ? [["adapter", "none that the system tells of"]] : []),
    ...graphicsAdapters.map(({ name, memoryBytes }) => ["adapter", [name, ...sizeText(memoryBytes)].join(", ")]),
    ...trials.map((trial) => [trial.provider, trialText(trial, machine.adapters[trial.provider])]),
    ...machine.unusableProviders.map(({ provider, missing }) => [`no ${provider}`, missing]),
    ["backbone", `${machine.backbone.name}, ${machine.backbone.sha256.slice(0, 12)}…`],
    ...(recommended === undefined ? [] : [["recommended", recommendationText(recommended, trials.length)]]),
  ];
  return table(["", ""], rows).trimStart();
}

const sizeText = (bytes: number | undefined): string[] =>
  bytes === undefined ? [] : [`${(bytes / 1e9).toFixed(1)} GB`];

function trialText({ imagesPerSecond, halfPrecision, failed }: Trial, adapter: string | undefined): string {
  const on = adapter === undefined ? "" : ` on ${adapter}`;
  const half = halfPrecision === undefined ? [] : [halfPrecision ? "half precision" : "no half precision"];
  if (imagesPerSecond === undefined) return [`does not train${on}: ${failed}`, ...half].join("; ");
  const rate = imagesPerSecond.toPrecision(3);
  return [`trains ${rate} images/s${on} (${defaultBackbone}, batch ${trialBatch})`, ...half].join(", ");
}

function recommendationText({ provider, timesProcessor }: Recommendation, tried: number): string {
  if (timesProcessor !== undefined)
    return `--provider ${provider}, ${timesProcessor.toFixed(1)} times as fast as the processor`;
  return tried > 1
    ? `--provider ${provider}, the fastest here`
    : `--provider ${provider}, the only one that works here`;
}

/** Maximum number of pairs printed; the JSON has all of them. */
const shown = 10;

/** Text of a data set: a table of its splits, and what is wrong in it. */
export function datasetText({
  splits,
  missing,
  notices,
  duplicates,
  acrossSplits,
  contradictions,
}: DatasetCheck): string {
  const [{ classes }] = splits;
  const counts = table(
    ["class", ...splits.map(({ split }) => split)],
    [
      ...classes.map((name) => [name, ...splits.map(({ counts }) => numberText(counts[name] ?? 0))]),
      ["all", ...splits.map(({ images }) => numberText(images))],
      ["left out by the label rule", ...splits.map(({ leftOut }) => numberText(leftOut))],
      ["files passed over", ...splits.map(({ passedOver }) => numberText(sum(Object.values(passedOver))))],
      ["unreadable", ...splits.map(({ unreadable }) => numberText(unreadable.length))],
      ["largest class : smallest", ...splits.map(({ imbalance }) => imbalance.toFixed(1))],
    ],
  );
  const unreadable = splits.flatMap((split) => split.unreadable.map(({ message }) => `unreadable: ${message}`));
  return [
    counts,
    ...notices,
    ...missing.map(({ split, reason }) => `no ${split} split: ${reason}`),
    ...unreadable.slice(0, shown),
    `${counted(duplicates.length, "pair")} of the same picture or nearly so: ${numberText(acrossSplits)} between two splits, ${numberText(contradictions)} with two labels`,
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
