/** The card of a run's prompts for the Hugging Face hub: what they are, on what they learned, what they score, what they are not for. */
import { stringify } from "yaml";
import { defaultBackbone } from "../../clip/backbone.ts";
import { hubPrefix, parseHubName } from "../../clip/hub/names.ts";
import { epochNumber, intervalKind, percent, percentRange } from "../../evaluation/rows.ts";
import { openedData, openingsByData, type TestEvaluation } from "../../runs/manifest.ts";
import type { PublishedRun } from "./publishedRun.ts";

/** Rows as a Markdown table; the first column is text, the others are figures. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `|${heads.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`;
  return [line(heads), rule, ...rows.map(line)].join("\n");
}

export interface CardOptions {
  /** `OWNER/NAME` */
  readonly repo: string;
  /** SPDX name or one of the hub's; left out of the card where it is not said */
  readonly license?: string;
  /** hash of the checkpoint's bytes: scores of the test split that belong to it are told */
  readonly sha256: string;
}

export function modelCard(run: PublishedRun, options: CardOptions): string {
  const sections = [
    `# ${options.repo}`,
    introduction(run),
    use(run, options),
    learned(run),
    figures(run, options),
    limits,
    method(run),
  ];
  return `---\n${header(run, options)}---\n\n${sections.join("\n\n")}\n`;
}

const splitNames: Readonly<Record<string, string>> = { train: "training", valid: "validation", test: "test" };

/** What the hub reads. */
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

function introduction({ backbone, config, learned: { parameters }, metrics }: PublishedRun): string {
  const classes = Object.keys(metrics.perClass).join(", ");
  return `Prompts that adapt a frozen CLIP to facial expressions (${classes}), learned by \`mpa-fer\`
with the variant \`${config.variant}\` of *Multimodal Prompt Alignment for Facial Expression Recognition* (MPA-FER, ICCV 2025). These are
${parameters.toLocaleString("en")} learned values, not a whole model: they work with one backbone, \`${backbone.name}\`, whose
\`model.safetensors\` has the SHA-256 \`${backbone.sha256}\`.`;
}

function use({ backbone }: PublishedRun, { repo }: CardOptions): string {
  const isFound = backbone.name === defaultBackbone || parseHubName(backbone.name) !== undefined;
  const where = isFound ? backbone.name : "FOLDER";
  const note = isFound ? "" : `\n\n\`FOLDER\` is the backbone's, ${backbone.name}; it is not part of this repository.`;
  return `## Use

\`\`\`sh
npx mpa-fer predict photo.jpg --backbone ${where} --checkpoint ${hubPrefix}${repo}
\`\`\`${note}`;
}

function learned({ config, data, epochs, finished, plugins, seed, steps, stopped }: PublishedRun): string {
  const splits = Object.entries(data);
  const [[, { counts }]] = splits;
  const rows = Object.keys(counts).map((name) => [name, ...splits.map(([, split]) => String(split.counts[name] ?? 0))]);
  const all = ["all", ...splits.map(([, { images }]) => String(images))];
  const heads = ["class", ...splits.map(([name]) => splitNames[name] ?? name)];
  const rule = config.dataset === "ferplus" ? `, labels by the rule \`${config.labelRule}\`` : "";
  const cut = finished
    ? ""
    : ` The run was not finished${stopped ? `: ${stopped.by} stopped it (${stopped.reason})` : ""}.`;
  const added = plugins.length > 0 ? ` Modules that were added: ${plugins.map(({ name }) => name).join(", ")}.` : "";
  return `## What it learned from

Data set \`${config.dataset}\`${rule}: images by class. Who is on them is not on record.

${markdownTable(heads, [...rows, all])}

${epochs} epochs, ${steps} steps of ${config.batchSize} images, SGD from a learning rate of ${config.lr}, augmentation \`${config.augment}\`,
sampler \`${config.sampler}\`, seed ${seed}.${cut}${added} No weight of the backbone was changed.`;
}

function figures(run: PublishedRun, options: CardOptions): string {
  const { best, data, intervals, metrics, protocol, selection } = run;
  const sure = (name: "accuracy" | "uar") => (intervals ? percentRange(intervals[name]) : "–");
  const split = splitNames[selection];
  const headline = [
    ["accuracy", percent(metrics.accuracy), sure("accuracy")],
    ["UAR (mean recall of the classes)", percent(metrics.uar), sure("uar")],
    ["expected calibration error", percent(metrics.ece), "–"],
  ];
  const classes = Object.entries(metrics.perClass).map(([name, { recall, precision, f1, support }]) => [
    ...[name, percent(recall), percent(precision), percent(f1), String(support)],
  ]);
  const chosen = `Epoch ${epochNumber(best.epoch)} was chosen on the ${split} split, and this is its score there (${metrics.n} images).`;
  const images = data[selection]?.unreadable ? ` ${data[selection].unreadable} images could not be read.` : "";
  return `## Figures

${chosen}${images} ${protocol ? `**Not a figure of unseen data**: ${protocol}.` : "A best of several epochs flatters a little."}

${markdownTable(["", split, intervalKind(intervals)], headline)}

${markdownTable(["class", "recall", "precision", "F1", "images"], classes)}

${testSplit(run, options)}`;
}

function testSplit({ selection, testSplit: looks }: PublishedRun, { sha256 }: CardOptions): string {
  if (looks === undefined) return "Whether the test split was opened is not on record.";
  const { own, other } = openingsByData(looks.openings);
  const isOfThese = (opening: TestEvaluation) => opening.sha256 === sha256 && opening.accuracy !== undefined;
  const elsewhere = other.filter(isOfThese);
  return [
    ownTestSplit(own, own.filter(isOfThese), selection),
    ...(elsewhere.length === 0
      ? []
      : [`On test splits of other data sets:\n\n${openingsTable("data set", elsewhere)}`]),
  ].join("\n\n");
}

function ownTestSplit(
  openings: readonly TestEvaluation[],
  scored: readonly TestEvaluation[],
  selection: PublishedRun["selection"],
): string {
  if (openings.length === 0) {
    return selection === "test"
      ? "The test split was read after every epoch."
      : "The test split has not been opened with checkpoints of this run.";
  }
  const times = `The test split was opened ${openings.length === 1 ? "once" : `${openings.length} times`} with checkpoints of this run.`;
  return scored.length === 0
    ? `${times} These prompts were not scored on it.`
    : `${times}\n\n${openingsTable("test split of", scored)}`;
}

const openingsTable = (head: string, openings: readonly TestEvaluation[]): string =>
  markdownTable(
    [head, "on", "images", "accuracy", "UAR"],
    openings.map(({ accuracy, at, images, uar, ...opening }) => [
      ...[openedData(opening), at.slice(0, 10), String(images), percent(accuracy ?? 0), percent(uar ?? 0)],
    ]),
  );

const limits = `## Limits, and what it is not good for

It names the expression that most people would name for a picture, out of a fixed list. It does not know what anybody feels, wants or is.
Errors differ between expressions (the table above says how) and will differ between groups of people, cameras and cultures; this record
says nothing of how. Pictures unlike those it learned from are read worse, and it answers them all the same. Do not use it to decide
about people. The EU's AI Act forbids inferring emotions at work and in schools. Whoever uses it is bound by the terms of the data set and
of the backbone as well.`;

function method({ config, seed, versions }: PublishedRun): string {
  const rows = [
    ["soft text tokens M", String(config.contextLength)],
    ["visual prompts a layer P", String(config.visualPrompts)],
    ["local features kept k", String(config.topK)],
    ["β, weight of soft-hard alignment", String(config.beta)],
    ["γ, weight of prototype alignment", String(config.gamma)],
    ["hard prompt", String(config.hardPrompt)],
    ["seed", String(seed)],
    ...Object.entries(versions),
  ];
  return `## How it was made

${markdownTable(["", ""], rows)}

\`run.json\` has every option, \`metrics.jsonl\` the losses and scores; paths and names of pictures are left out.`;
}
