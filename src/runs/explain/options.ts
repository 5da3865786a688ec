/** Options of `explain`, with checks of their combinations. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { labelRules } from "../../data/ferplusVotes.ts";
import { datasetNames, datasetOptions, splitOptions } from "../../data/options.node.ts";
import { detectorOptions, photographOptions } from "../../faces/options.node.ts";
import { hardPromptConfigurations } from "../../method/hardPrompts.ts";
import { promptTemplate } from "../../method/options.ts";
import { type CommandSchema, choice, flag, integer, optionGroup, real, text } from "../../platform/options/option.ts";

const data = optionGroup("Data");
const explanation = optionGroup("Explanation");
const file = text("a file");

/** Options of the faces to explain: files, a labelled data set, or the data of a run. */
export const explainDataOptions = {
  files: data(z.array(file, { error: "must be a list of files" }).default([]), {
    value: "FILE…",
    positional: true,
    role: "place",
    help: "photographs, whose faces are explained; or name --data, or --run",
    source: "our choice",
    defaultText: "those of the data set",
  }),
  detect: photographOptions.detect,
  ...detectorOptions,
  run: data(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    help: "a run folder: its best checkpoint, data and backbone; its report.html gets what comes out",
  }),
  data: data(datasetOptions.data.optional(), { value: "DIR", role: "place", help: "folder of the data set" }),
  dataset: data(datasetOptions.dataset.optional(), {
    value: datasetNames,
    role: "result",
    help: "kind of the data set",
  }),
  labelRule: data(choice(labelRules).optional(), {
    value: labelRules.join("|"),
    role: "result",
    help: "how the votes of FER+ make a label",
    source: "docs/datasets.md",
    defaultText: "the run's, else plurality",
  }),
  limit: datasetOptions.limit,
  allowBad: datasetOptions.allowBad,
  split: splitOptions.split,
};

/** Options of the models and of the explanation methods. */
export const explanationOptions = {
  checkpoint: explanation(z.array(file, { error: "must be a list of files" }).default([]), {
    value: "FILE",
    repeatable: true,
    role: "place",
    help: "trained prompts to look into, side by side",
    source: "our choice",
    defaultText: "those that come with the backbone, if any",
  }),
  zeroShot: explanation(flag().default(true), { role: "result", help: "leave zero-shot, the hard prompts alone, out" }),
  images: explanation(integer(0).default(16), {
    value: "N",
    role: "result",
    help: "images of the split to explain, classes in turn; 0: none",
    source: "our choice",
  }),
  smooth: explanation(integer(0).default(25), {
    value: "N",
    role: "result",
    help: "noisy copies that SmoothGrad takes the mean of; 0: no SmoothGrad",
    source: "our choice",
  }),
  noise: explanation(real(0, { open: true }).default(0.15), {
    value: "X",
    role: "result",
    help: "SmoothGrad's noise, as a share of the picture's range",
    source: "Smilkov et al. 2017",
  }),
  topK: explanation(integer(1).optional(), {
    value: "K",
    role: "result",
    help: "patches to show for each class",
    source: "paper, section 4; Eq. 9",
    defaultText: "the checkpoint's own, else 16",
  }),
  steps: explanation(integer(1).default(20), {
    value: "N",
    role: "result",
    help: "steps of the deletion and insertion curves",
    source: "our choice",
  }),
  points: explanation(integer(0).default(1000), {
    value: "N",
    role: "result",
    help: "images of the split in the t-SNE at most; 0: no t-SNE",
    source: "our choice",
  }),
  perplexity: explanation(real(1).default(30), {
    value: "X",
    role: "result",
    help: "of t-SNE; less where there are not three times as many images",
    source: "our choice",
  }),
};

/** Options of output, backbone and machine. */
export const explainRunOptions = {
  out: explanation(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder of the pictures, explain.json and explain.html",
    source: "our choice",
    defaultText: "runs/explain, or explain in the run folder; where it is there already, …-2 and so on",
  }),
  backbone: explanation(text("a folder or a name").optional(), {
    value: "DIR|NAME",
    role: "place",
    help: "frozen CLIP, as train takes it",
    source: "our choice",
    defaultText: "the run's, else faceclip-mini",
  }),
  seed: explanation(integer(0).default(1), {
    value: "N",
    role: "result",
    help: "decides which faces, the noise, the orders by chance and the layout",
    source: "our choice",
  }),
  batchSize: explanation(integer(1).default(16), {
    value: "N",
    role: "machine",
    help: "images at a time",
    source: "our choice",
  }),
};

/** Options of zero-shot, which default to the run's for comparison with its prompts. */
const zeroShotPromptOptions = {
  hardPrompt: explanation(z.literal(hardPromptConfigurations, { error: "must be 1, 2 or 3" }).optional(), {
    value: hardPromptConfigurations.join("|"),
    role: "result",
    help: "1: a photo of; 2: with the task named; 3: with descriptions",
    source: "paper, Table 2",
    defaultText: "the run's, else 3",
  }),
  template: explanation(promptTemplate().optional(), {
    value: "TEXT",
    role: "result",
    help: 'hard prompt of every class instead, such as "a photo of a {class}, a type of bird"; {description} takes the phrases',
    source: "our choice",
    defaultText: "the run's, if any",
  }),
  descriptions: explanation(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "class → phrases, in JSON, instead of the run's or those in the package",
  }),
};

const { memory: _memory, ...explainMachineOptions } = runOptions;
export const explainOptions = z.strictObject({
  ...explainDataOptions,
  ...explanationOptions,
  ...zeroShotPromptOptions,
  ...explainMachineOptions,
  ...explainRunOptions,
});

/** Requires exactly one source of faces: files, a data set, or a run. */
const explainConfig = explainOptions.transform((given, context) => {
  const { files, data: folder, dataset, run } = given;
  const refuse = (option: string, message: string) =>
    context.addIssue({ code: "custom", path: [option], message, input: given });
  if (files.length > 0 && folder !== undefined) refuse("data", "must not come with files");
  if (run !== undefined) return given;
  if (files.length === 0 && folder === undefined && dataset === undefined) refuse("files", "must name a file");
  else if (folder !== undefined && dataset === undefined) refuse("data", "must come with --dataset");
  else if (folder === undefined && dataset !== undefined) refuse("dataset", "must come with --data");
  return given;
});

/** Parsed options of `explain`, with defaults. */
export type ExplainConfig = Readonly<z.output<typeof explainConfig>>;
/** Options of `explain`; `config.parse({…})` checks them and fills in the defaults. */
export const explainSchema = { options: explainOptions, config: explainConfig } satisfies CommandSchema<ExplainConfig>;
