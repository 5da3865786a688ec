/** Model card of a run's prompts for the Hugging Face hub. */

import { stringify } from "yaml";
import { defaultBackbone } from "../../clip/backbone.ts";
import { hubPrefix, parseHubName } from "../../clip/hub/names.ts";
import { classHeads, classRows, epochNumber, intervalKind, percent, percentRange } from "../../evaluation/rows.ts";
import { commandText } from "../../platform/command.ts";
import { counted, numberText } from "../../platform/counts.ts";
import { code, joined, Markdown, markdown, table } from "../../platform/markdown.ts";
import { dataLabel, openingsByData, type TestEvaluation } from "../../runs/manifest.ts";
import type { PublishedRun } from "./publishedRun.ts";

export interface CardOptions {
  /** `OWNER/NAME` */
  readonly repo: string;
  /** SPDX name or one of the hub's; omitted from the card if absent */
  readonly license?: string;
  /** hash of the checkpoint file; test scores are included only if they belong to it */
  readonly sha256: string;
}

export function modelCard(run: PublishedRun, options: CardOptions): string {
  const sections = [
    markdown`# ${options.repo}`,
    introduction(run),
    use(run, options),
    learned(run),
    figures(run, options),
    limits,
    method(run),
  ];
  return `---\n${header(run, options)}---\n\n${joined(sections, "\n\n").text}\n`;
}

const splitNames: Readonly<Record<string, string>> = { train: "training", valid: "validation", test: "test" };

/** YAML metadata that the hub reads. */
function header(run: PublishedRun, { license, repo }: CardOptions): string {
  const { backbone, config, metrics, selection } = run;
  const base = parseHubName(backbone.name);
  const scores = [
    { type: "accuracy", value: metrics.accuracy },
    { type: "recall", name: "UAR", value: metrics.uar },
  ];
  const dataset = { name: config.dataset, type: config.dataset, split: splitNames[selection] };
  return stringify({
    library_name: "mpa-fer",
    pipeline_tag: "image-classification",
    tags: ["facial-expression-recognition", "clip", "prompt-learning", "mpa-fer"],
    ...(base && { base_model: base.repo }),
    ...(license && { license }),
    "model-index": [{ name: repo, results: [{ task: { type: "image-classification" }, dataset, metrics: scores }] }],
  });
}

function introduction({ backbone, config, learned: { parameters }, metrics }: PublishedRun): Markdown {
  const classes = joined(metrics.classes, ", ");
  return markdown`Prompts that adapt a frozen CLIP to facial expressions (${classes}), learned by \`mpa-fer\`
with the variant ${code(config.variant)} of *Multimodal Prompt Alignment for Facial Expression Recognition* (MPA-FER, ICCV 2025). These are
${counted(parameters, "trainable parameter")}, not a whole model: they work with one backbone, ${code(backbone.name)}, whose
\`model.safetensors\` has the SHA-256 ${code(backbone.sha256)}.`;
}

function use({ backbone }: PublishedRun, { repo }: CardOptions): Markdown {
  // Only names that resolve on the hub are printed in a command line.
  const isFound = backbone.name === defaultBackbone || parseHubName(backbone.name) !== undefined;
  const where = isFound ? backbone.name : "FOLDER";
  const prompts = `${hubPrefix}${parseHubName(repo) === undefined ? "OWNER/NAME" : repo}`;
  const note = markdown`\n\n\`FOLDER\` is the backbone's, ${backbone.name}; it is not part of this repository.`;
  return markdown`## Use

\`\`\`sh
${new Markdown(commandText(`predict photo.jpg --backbone ${where} --checkpoint ${prompts}`))}
\`\`\`${isFound ? "" : note}`;
}

function learned({ config, data, epochs, finished, metrics, plugins, seed, steps, stopped }: PublishedRun): Markdown {
  const splits = Object.entries(data);
  const rows = metrics.classes.map((name) => [
    name,
    ...splits.map(([, split]) => numberText(countOf(split.counts, name))),
  ]);
  const all = ["all", ...splits.map(([, { images }]) => numberText(images))];
  const heads = ["class", ...splits.map(([name]) => splitNames[name] ?? name)];
  const rule = markdown`, labels by the rule ${code(config.labelRule)}`;
  const cut = stopped === undefined ? "" : `: ${stopped.by} stopped it (${stopped.reason})`;
  const added = ` Modules that were added: ${plugins.map(({ name }) => name).join(", ")}.`;
  return markdown`## What it learned from

Data set ${code(config.dataset)}${config.dataset === "ferplus" ? rule : ""}: images by class. Who is on them is not on record.

${table(heads, [...rows, all])}

${counted(epochs, "epoch")}, ${counted(steps, "step")} of ${counted(config.batchSize, "image")}, SGD from a learning rate of ${config.lr}, augmentation ${code(config.augment)},
sampler ${code(config.sampler)}, seed ${seed}.${finished ? "" : ` The run was not finished${cut}.`}${plugins.length > 0 ? added : ""} No weight of the backbone was changed.`;
}

/** Reads an own property, because a class may be named `constructor`. */
const countOf = (counts: Readonly<Record<string, number>>, name: string): number =>
  Object.hasOwn(counts, name) ? counts[name] : 0;

function figures(run: PublishedRun, options: CardOptions): Markdown {
  const { best, data, intervals, metrics, protocol, selection } = run;
  const sure = (name: "accuracy" | "uar") => (intervals ? percentRange(intervals[name]) : "–");
  const split = splitNames[selection];
  const headline = [
    ["accuracy", percent(metrics.accuracy), sure("accuracy")],
    ["UAR (mean recall of the classes)", percent(metrics.uar), sure("uar")],
    ["expected calibration error", percent(metrics.ece), "–"],
  ];
  const chosen = `Epoch ${epochNumber(best.epoch)} was chosen on the ${split} split, and this is its score there (${counted(metrics.n, "image")}).`;
  const images = data[selection]?.unreadable
    ? ` ${counted(data[selection].unreadable, "image")} could not be read.`
    : "";
  const caution = protocol
    ? markdown`**Not a figure of unseen data**: ${protocol}.`
    : "A best of several epochs flatters a little.";
  return markdown`## Figures

${chosen}${images} ${caution}

${table(["", split, intervalKind(intervals)], headline)}

${table(classHeads, classRows(metrics))}

${testSplit(run, options)}`;
}

function testSplit({ selection, testSplit: looks }: PublishedRun, { sha256 }: CardOptions): Markdown {
  if (looks === undefined)
    return markdown`Whether the prompts of this run were evaluated on the test split is not on record.`;
  const { own, other } = openingsByData(looks.openings);
  const isOfThese = (opening: TestEvaluation) => opening.sha256 === sha256 && opening.accuracy !== undefined;
  const elsewhere = other.filter(isOfThese);
  const ofOwn = ownTestSplit(own, own.filter(isOfThese), selection);
  if (elsewhere.length === 0) return ofOwn;
  return markdown`${ofOwn}\n\nOn test splits of other data sets:\n\n${openingsTable("data set", elsewhere)}`;
}

function ownTestSplit(
  openings: readonly TestEvaluation[],
  scored: readonly TestEvaluation[],
  selection: PublishedRun["selection"],
): Markdown {
  if (openings.length === 0) {
    return selection === "test"
      ? markdown`The prompts were evaluated on the test split after every epoch.`
      : markdown`No checkpoint of this run was evaluated on the test split.`;
  }
  const times = `Checkpoints of this run were evaluated on the test split ${openings.length === 1 ? "once" : `${numberText(openings.length)} times`}.`;
  return scored.length === 0
    ? markdown`${times} These prompts were not evaluated on it.`
    : markdown`${times}\n\n${openingsTable("test split of", scored)}`;
}

const openingsTable = (head: string, openings: readonly TestEvaluation[]): Markdown =>
  table(
    [head, "on", "images", "accuracy", "UAR"],
    openings.map(({ accuracy, at, images, uar, ...opening }) => [
      ...[dataLabel(opening), at.slice(0, 10), numberText(images), percent(accuracy ?? 0), percent(uar ?? 0)],
    ]),
  );

const limits = markdown`## Limits, and what it is not good for

It names the expression that most people would name for a picture, out of a fixed list. It does not know what anybody feels, wants or is.
Errors differ between expressions (the table above says how) and will differ between groups of people, cameras and cultures; this record
says nothing of how. Pictures unlike those it learned from are read worse, and it answers them all the same. Do not use it to decide
about people. The EU's AI Act forbids inferring emotions at work and in schools. Whoever uses it is bound by the terms of the data set and
of the backbone as well.`;

function method({ config, seed, versions }: PublishedRun): Markdown {
  const rows = [
    ["soft text tokens M", config.contextLength],
    ["visual prompts a layer P", config.visualPrompts],
    ["local features kept k", config.topK],
    ["β, weight of soft-hard alignment", config.beta],
    ["γ, weight of prototype alignment", config.gamma],
    ["hard prompt", config.template ?? config.hardPrompt],
    ["seed", seed],
    ...Object.entries(versions),
  ];
  return markdown`## How it was made

${table(["", ""], rows)}

\`run.json\` has every option, \`metrics.jsonl\` the losses and scores; paths and names of pictures are left out.`;
}
