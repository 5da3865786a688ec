/** `mpa-fer describe` */

import { existsSync } from "node:fs";
import { openBackbone } from "../../../clip/backbone.node.ts";
import { percent } from "../../../evaluation/rows.ts";
import { defaultDescriptions } from "../../../method/hardPrompts.ts";
import { numberText } from "../../../platform/counts.ts";
import { loadPackage } from "../../../platform/package.node.ts";
import {
  type DescriptionLength,
  type DescriptionsDocument,
  descriptionLengths,
  readDocument,
} from "../../describe/document.ts";
import type { DescribeConfig } from "../../describe/options.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: DescribeConfig, context: CommandContext): Promise<void> {
  if (config.score) return await score(config, context);
  const file = config.file ?? defaultFile;
  const { document, notes } = config.edit ? await edit(file) : await ask(config, file, context);
  const lengths = descriptionLengths(await openBackbone(config.backbone, context), document.descriptions);
  const text = [lengthTable(lengths), ...tooLong(lengths), ...notes].join("\n");
  await answer({ file, ...document, lengths }, text, config.json, context);
}

const defaultFile = "descriptions.json";

interface Done {
  readonly document: DescriptionsDocument;
  readonly notes: readonly string[];
}

/** Queries a language model. OpenAI's client is imported only here. */
async function ask(config: DescribeConfig, file: string, { progress, signal, notice }: CommandContext): Promise<Done> {
  const { askDescriptions } = await loadPackage("openai", () => import("../../describe/ask.ts"));
  const { document, cost, previous } = await askDescriptions(config, file, process.env, { progress, signal, notice });
  const { input = 0, output = 0 } = document.origin.usage ?? {};
  const price = cost === undefined ? "" : `, cost ${cost.toFixed(4)}`;
  return { document, notes: [`${input + output} tokens${price}`, ...backupNote(previous), file] };
}

async function edit(file: string): Promise<Done> {
  const { editDescriptions } = await import("../../describe/edit.ts");
  const { document, changed, isNew, previous } = await editDescriptions(file, process.env);
  const what = isNew ? "written" : changed ? "changed" : "nothing was changed";
  return { document, notes: [what, ...backupNote(previous), file] };
}

async function score(config: DescribeConfig, context: CommandContext): Promise<void> {
  const { scoreDescriptions } = await import("../../describe/score.ts");
  const { progress, signal, notice } = context;
  const file = config.file ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const descriptions = file === undefined ? defaultDescriptions : (await readDocument(file)).descriptions;
  const backbone = await openBackbone(config.backbone, context);
  const result = await scoreDescriptions(config, backbone, descriptions, { progress, signal, notice });
  const points = (value: number) => `${value < 0 ? "−" : "+"}${(100 * Math.abs(value)).toFixed(2)}`;
  const rows = result.phrases.map(({ name, phrase, adds, interval, p, addsToRecall }) => [
    ...[name, phrase, points(adds), `${points(interval[0])} … ${points(interval[1])}`],
    ...[p < 0.001 ? "< 0.001" : p.toFixed(3), points(addsToRecall)],
  ]);
  const heads = ["class", "phrase", "adds", "95 % interval", "p", "to its recall"];
  const lines = [
    `${file ?? "the package's descriptions"}, zero-shot with all phrases: accuracy ${percent(result.accuracy)} of ${numberText(result.n)} validation images`,
    "what each phrase adds, in points: with all phrases less without this one",
    "",
    table(heads, rows),
  ];
  await answer({ file, ...result }, lines.join("\n"), config.json, context);
}

const lengthTable = (lengths: readonly DescriptionLength[]): string =>
  table(
    ["class", "tokens", "phrases"],
    lengths.map(({ name, phrases, tokens, room }) => [name, `${tokens} of ${room}`, phrases.join(", ")]),
  );

const tooLong = (lengths: readonly DescriptionLength[]): string[] =>
  lengths
    .filter(({ tokens, room }) => tokens > room)
    .map(({ name, room }) => `${name} is too long: its prompt is cut after ${room} tokens`);

const backupNote = (previous: string | undefined): string[] =>
  previous === undefined ? [] : [`what stood there is in ${previous}`];
