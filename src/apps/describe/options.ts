/** Options of `describe`. */

import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { datasets } from "../../data/datasets.node.ts";
import { labelRules } from "../../data/ferplusVotes.ts";
import { datasetNames } from "../../data/options.node.ts";
import { predictionBatchOptions } from "../../method/options.ts";
import {
  type CommandSchema,
  choice,
  flag,
  integer,
  optionGroup,
  real,
  registered,
  text,
} from "../../platform/options/option.ts";
import { runFolderOptions } from "../../runs/options.ts";

const describing = optionGroup("Descriptions");
const asking = optionGroup("Asking");
const scoring = optionGroup("Scoring");

const names = text("class names with commas between them").transform((given) =>
  given.split(",").map((name) => name.trim()),
);

const priceError = "must be two prices with a comma between them, such as 0.5,1.5";
const prices = text("two prices")
  .transform((given) => given.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part))))
  .refine((given) => given.length === 2 && given.every((price) => Number.isFinite(price) && price >= 0), {
    error: priceError,
  })
  .transform(([input, output]) => ({ input, output }));

export const askOptions = {
  file: describing(text("a file").optional(), {
    value: "FILE",
    role: "place",
    perCall: true,
    help: "the descriptions: written, changed with --edit, scored with --score",
    source: "our choice",
    defaultText: "descriptions.json",
  }),
  classes: describing(names.optional(), {
    value: "NAME,…",
    role: "result",
    help: "what to describe",
    source: "our choice",
    defaultText: "the eight expressions",
  }),
  edit: describing(flag().default(false), {
    role: "result",
    help: "ask nobody: open the file, or the package's descriptions where it is new, in $VISUAL or $EDITOR",
  }),
  score: describing(flag().default(false), {
    role: "result",
    help: "ask nobody: tell what each phrase of the file, or without one of the package's, adds to zero-shot accuracy",
  }),
  model: asking(text("a name").default("gpt-3.5-turbo"), {
    value: "NAME",
    role: "result",
    help: "language model",
    source: "paper, section 3.2",
  }),
  baseUrl: asking(text("an address").default("https://api.openai.com/v1"), {
    value: "URL",
    role: "place",
    help: "server that speaks OpenAI's protocol, also one of your own",
    source: "our choice",
  }),
  keyVariable: asking(text("a name").default("OPENAI_API_KEY"), {
    value: "NAME",
    role: "place",
    perCall: true,
    help: "environment variable that holds the key; it is never taken from the command line",
    source: "our choice",
  }),
  retries: asking(integer(0).default(3), {
    value: "N",
    role: "machine",
    help: "further tries after a fault or an answer that cannot be used",
    source: "our choice",
  }),
  timeout: asking(real(0, { open: true }).default(60), {
    value: "SECONDS",
    role: "machine",
    help: "for each answer",
    source: "our choice",
  }),
  maxTokens: asking(integer(1).default(20_000), {
    value: "N",
    role: "machine",
    help: "tokens that may be used in all; checked before each question",
    source: "our choice",
  }),
  price: asking(prices.optional(), {
    value: "IN,OUT",
    role: "machine",
    help: "what a million tokens of question and of answer cost, in any currency",
  }),
  maxCost: asking(real(0, { open: true }).optional(), {
    value: "X",
    role: "machine",
    help: "what may be spent in all, in the currency of --price; checked before each question",
  }),
};

/** Options of `--score` in addition to those of a run. */
export const scoreOptions = {
  data: scoring(text("a folder").optional(), { value: "DIR", role: "place", help: "folder of the data set" }),
  dataset: scoring(registered(datasets).optional(), {
    value: datasetNames,
    role: "result",
    help: "kind of the data set",
  }),
  labelRule: scoring(choice(labelRules).default("plurality"), {
    value: labelRules.join("|"),
    role: "result",
    help: "how the votes of FER+ make a label",
    source: "docs/datasets.md",
  }),
  limit: scoring(integer(1).optional(), { value: "N", role: "result", help: "at most N validation images a class" }),
};

const { featureCache } = runFolderOptions;
export const describeOptions = z.strictObject({
  ...askOptions,
  ...scoreOptions,
  ...{ featureCache },
  ...predictionBatchOptions,
  ...runOptions,
});

const describeConfig = describeOptions.transform((given, context) => {
  const { edit, score, data, dataset, maxCost, price } = given;
  const refuse = (option: string, message: string) =>
    context.addIssue({ code: "custom", path: [option], message, input: given });
  if (score && edit) refuse("score", "must come without --edit");
  if (score && data === undefined) refuse("score", "must come with --data");
  if (score && dataset === undefined) refuse("score", "must come with --dataset");
  if (maxCost !== undefined && price === undefined) refuse("maxCost", "must come with --price, for prices differ");
  return given;
});

export type DescribeConfig = Readonly<z.output<typeof describeConfig>>;
export const describeSchema = {
  options: describeOptions,
  config: describeConfig,
} satisfies CommandSchema<DescribeConfig>;
