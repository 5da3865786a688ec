/** Options of `ablate`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { datasetOptions, trainDataOptions } from "../../data/options.node.ts";
import { splitNames } from "../../data/sample.ts";
import { checkLearning, learningOptions } from "../../method/learningOptions.ts";
import { classificationLossOptions, lossOptions, promptOptions } from "../../method/options.ts";
import { type CommandSchema, choice, flag, optionGroup, text } from "../../platform/options/option.ts";
import { estimateOptions, runFolderOptions, sharedJobOptions, sharedTrainingOptions } from "../options.ts";
import { defaultMethods, methodNames } from "./methods.ts";

const ablation = optionGroup("Ablation");

/** Names of the tables: the paper's Tables 1–4, a comparison with baselines, and a sweep over any options. */
export const tables = ["components", "prompts", "prototypes", "backbones", "baselines", "sweep"] as const;

const seedsError = "must be whole numbers with commas between them, such as 1,2,3";
const seeds = z
  .union([z.string(), z.number(), z.array(z.number())], { error: seedsError })
  .transform((given) => (Array.isArray(given) ? given : String(given).split(",").map(Number)))
  .refine((given) => given.length > 0 && given.every((seed) => Number.isInteger(seed) && seed >= 0), {
    error: seedsError,
  })
  .refine((given) => new Set(given).size === given.length, { error: "must not name a seed twice" });

const variedError = "must be an option and its values, such as lr=0.01,0.032";
const varied = text("an option and its values").refine((given) => /^[a-zA-Z-]+=[^,]+(,[^,]+)*$/.test(given), {
  error: variedError,
});

// The names are looked up during validation, because plugins may add some.
const methodsError = () => `must be of ${methodNames().join(", ")}, with commas between them`;
const methods = z
  .union([z.string(), z.array(z.string())], { error: methodsError })
  .transform((given) => (Array.isArray(given) ? given : given.split(",")).map((name) => name.trim()))
  .refine((names) => names.length > 0 && names.every((name) => methodNames().includes(name)), { error: methodsError })
  .refine((names) => new Set(names).size === names.length, { error: "must not name a method twice" });

const backbonesError = "must be backbones with commas between them";
const backbones = z
  .union([z.string(), z.array(z.string())], { error: backbonesError })
  .transform((given) => (Array.isArray(given) ? given : given.split(",")).map((name) => name.trim()))
  .refine((names) => names.every((name) => name !== "" && !name.includes("\0")), { error: backbonesError });

/** Options that define the table: its rows, seeds and scored split. */
export const ablationOptions = {
  table: ablation(z.tuple([choice(tables)], { error: `must be one of ${tables.join(", ")}` }), {
    value: "TABLE",
    positional: true,
    role: "result",
    help: "the paper's Tables 1 to 4: components, prompts, prototypes, backbones; baselines; or a sweep over --vary",
  }),
  vary: ablation(z.array(varied, { error: "must be a list of options with values" }).default([]), {
    value: "OPTION=V,V,…",
    repeatable: true,
    role: "result",
    help: "with sweep: values of an option of train, such as lr=0.01,0.032; a row for each combination",
    source: "our choice",
    defaultText: "none",
  }),
  methods: ablation(methods.default(defaultMethods), {
    value: "NAME,…",
    role: "result",
    help: `rows of the table of baselines, of ${methodNames().join(", ")}`,
    source: "our choice",
    defaultText: "all of these but +vp, +proto and +spa",
  }),
  seeds: ablation(seeds.default([1, 2, 3]), {
    value: "N,N,…",
    role: "result",
    help: "a run a row for each",
    source: "our choice",
    defaultText: "1,2,3",
  }),
  split: ablation(choice(splitNames).default("valid"), {
    value: splitNames.join("|"),
    role: "result",
    help: "what the best epochs are scored on",
    source: "our choice",
  }),
  test: ablation(flag().default(false), {
    role: "result",
    help: "when every row is done, open the test split once and score it too",
  }),
  backbones: ablation(backbones.default(["openai/clip-vit-base-patch16", "openai/clip-vit-large-patch14"]), {
    value: "NAME,…",
    role: "place",
    help: "rows of the table of backbones",
    source: "paper, Table 4",
    defaultText: "openai/clip-vit-base-patch16,openai/clip-vit-large-patch14",
  }),
};

const { variant: _variant, visualPrompts: _visualPrompts, ...sharedPromptOptions } = promptOptions;
const { seed: _seed, ...sharedRunOptions } = runOptions;
const { prototypeLoss, tau } = lossOptions;
const { out, checkpointEvery, reportFaces, tensorboard, mlflow, mlflowExperiment } = runFolderOptions;

/** Options shared by all cells of a table; options that a table's rows set are left out. */
export const cellOptions = {
  ...datasetOptions,
  ...trainDataOptions,
  ...sharedPromptOptions,
  ...{ prototypeLoss, tau },
  ...classificationLossOptions,
  ...learningOptions,
  ...{ out, checkpointEvery, reportFaces, tensorboard, mlflow, mlflowExperiment },
  ...{ microBatch: sharedTrainingOptions.microBatch },
  ...sharedJobOptions,
  ...estimateOptions,
  ...sharedRunOptions,
};

const ablateOptions = z.strictObject({ ...ablationOptions, ...cellOptions });

const ablateConfig = ablateOptions.transform((given, context) => {
  checkLearning(given, context);
  return {
    ...given,
    // The paper's protocol selects epochs on the test split and scores the same split.
    split: given.paperProtocol ? "test" : given.split,
    out: given.out ?? `runs/ablate-${given.table[0]}-${given.dataset}`,
  };
});

/** Parsed options of `ablate`, with defaults. */
export type AblateConfig = Readonly<z.output<typeof ablateConfig>>;
/** What the cells of any table are made of, an ablation's or a protocol's. */
export type CellsConfig = Omit<AblateConfig, "table" | "vary" | "backbones" | "methods" | "test"> & {
  readonly test?: boolean;
};
/** Options of `ablate`; `config.parse({…})` checks them and fills in the defaults. */
export const ablateSchema = { options: ablateOptions, config: ablateConfig } satisfies CommandSchema<AblateConfig>;
